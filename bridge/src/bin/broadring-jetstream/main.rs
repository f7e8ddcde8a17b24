//! Ships lines of text into a stream on several machines, and mirrors them elsewhere.
//!
//! `demo` is the half to try first, `ship` and `mirror` the one to read: lines become events of a ring, the shipper sends
//! them, and a mirror has them in a ring of its own.

mod connection;
mod demo;
mod digest;
mod failure;
mod lines;
mod mirror;
mod ship;
mod status;
mod stopping;
mod watching;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

const CODES: &str = "\
Exit codes:
  0  all is well
  1  the stream is not what it should be: the message tells what and where
  2  what was asked for cannot be done: the message tells why
  3  another writer has the stream";

/// Ships lines of text into a stream on several machines, and mirrors them elsewhere: every line once, in one order.
///
/// The stream is kept by NATS servers with JetStream, or, with --embedded, by a log on this machine. BROADRING_LOG=info
/// shows what happens to it.
#[derive(Debug, Parser)]
#[command(name = "broadring-jetstream", version, after_help = CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ship(ship::Options),
    Mirror(mirror::Options),
    Status(status::Options),
    Demo(demo::Options),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("BROADRING_LOG").unwrap_or_default())
        .with_writer(std::io::stderr)
        .init();
    let done = match Arguments::parse().command {
        Command::Ship(options) => ship::run(&options),
        Command::Mirror(options) => mirror::run(&options),
        Command::Status(options) => status::run(&options),
        Command::Demo(options) => demo::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
