//! `cargo run --release -p broadring-benches -- --help`

use std::process::ExitCode;

use anyhow::Result;
#[cfg(feature = "bridge")]
use broadring_benches::bridge;
use broadring_benches::harness::{Harness, Options};
use broadring_benches::{core_to_core, graph, latency, log, producers, records, soak, throughput};
use clap::{Parser, Subcommand};

/// Measures broadring on this machine, beside the libraries that it is compared with.
///
/// Ctrl-C ends a measurement early and keeps what there is.
#[derive(Parser)]
#[command(version, about, long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Latency at fixed rates, from the moment when each event was due
    Latency(latency::Arguments),
    /// Every scenario with every subject, in turns: events a second, nanoseconds, CPU time
    Throughput(throughput::Arguments),
    /// The ways to feed one ring from several threads, in turns: events a second
    Producers(producers::Arguments),
    /// Records of bytes of many lengths, in turns: records and bytes a second
    Records(records::Arguments),
    /// Storage engines that a durable log could be built on: rates, crashes, flipped bits
    Log(log::Arguments),
    /// A stream on many machines: rates, latencies, takeovers, beside the client of NATS alone
    #[cfg(feature = "bridge")]
    Bridge(bridge::Arguments),
    /// What comes of readers that depend on each other, editors and observers, in turns
    Graph(graph::Arguments),
    /// How long a cache line takes from each core to each other one
    CoreToCore(core_to_core::Arguments),
    /// Everything at once for as long as you like, with full accounting: no figures, but faults
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not as `Debug`, which may add a backtrace: these are the user's to mend.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { command, options }: Arguments) -> Result<()> {
    let harness = Harness::begin(options)?;
    match command {
        Command::Latency(arguments) => latency::run(&harness, &arguments),
        Command::Throughput(arguments) => throughput::run(&harness, &arguments),
        Command::Producers(arguments) => producers::run(&harness, &arguments),
        Command::Records(arguments) => records::run(&harness, &arguments),
        Command::Log(arguments) => log::run(&harness, &arguments),
        #[cfg(feature = "bridge")]
        Command::Bridge(arguments) => bridge::run(&harness, &arguments),
        Command::Graph(arguments) => graph::run(&harness, &arguments),
        Command::CoreToCore(arguments) => core_to_core::run(&harness, &arguments),
        Command::Soak(arguments) => soak::run(&harness, &arguments),
    }
}
