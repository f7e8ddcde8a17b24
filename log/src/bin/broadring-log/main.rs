//! Records lines of text durably, and looks at what was recorded.
//!
//! `record` is the half to read first: lines are read straight into the slots of a ring, the journal writes them
//! down, and a reader that comes after the journal acknowledges them. Everything else reads logs.

mod bench;
mod cat;
mod failure;
mod info;
mod output;
mod record;
mod repair;
mod replay;
mod stopping;
mod values;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const CODES: &str = "\
Exit codes:
  0  all is well
  1  the log is damaged: `verify` tells where, and `repair` makes it readable again
  2  the log cannot be looked at, or what was asked for cannot be done: the message tells why";

/// Records lines of text durably, and looks at what was recorded.
///
/// A log is a directory. One process at a time writes it, any number of them read it meanwhile. What was acknowledged
/// outlives the process, and the loss of power too unless `--durability system` says otherwise.
#[derive(Debug, Parser)]
#[command(name = "broadring-log", version, after_help = CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Record(record::Options),
    Cat(cat::Options),
    Info(info::Options),
    Verify(verify::Options),
    Repair(repair::Options),
    Replay(replay::Options),
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Record(options) => record::run(&options),
        Command::Cat(options) => cat::run(&options),
        Command::Info(options) => info::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Repair(options) => repair::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::Bench(options) => bench::run(&options),
    };
    match done {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
