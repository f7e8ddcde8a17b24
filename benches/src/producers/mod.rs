//! The `producers` command: the ways to feed one ring from several threads, in turns.

pub mod lanes;
pub mod race;
mod scenarios;
mod summary;
pub mod way;
pub mod ways;

use anyhow::{Result, ensure};
use clap::Args;

use self::scenarios::Scenario;
use self::way::{Load, Visitor, Way};
use crate::harness::{self, Harness};
use crate::throughput::contest::{Series, Turns};

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// How many threads send
    #[arg(long, value_name = "COUNT,COUNT...", value_delimiter = ',', default_value = "1,2,4")]
    producers: Vec<usize>,

    /// How many threads read; each gets every event
    #[arg(long, value_name = "COUNT,COUNT...", value_delimiter = ',', default_value = "1,2")]
    readers: Vec<usize>,

    /// Bytes in an event: 8, 64 or 256
    #[arg(long, value_name = "BYTES,BYTES...", value_delimiter = ',', default_value = "8,64")]
    payload: Vec<usize>,

    /// How many events a producer sends at once
    #[arg(long, value_name = "EVENTS,EVENTS...", value_delimiter = ',', default_value = "1,16")]
    batch: Vec<usize>,

    /// The number of events that fit each ring or channel
    #[arg(long, default_value_t = 4096)]
    capacity: usize,

    /// Measure only the ways whose names contain one of these words; see `--list`
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    only: Vec<String>,

    /// List the ways
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    turns: Turns,
}

/// Measures every way with every number of threads, and prints a table of each.
///
/// # Errors
///
/// If the arguments make no sense, or a file cannot be written.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    let names = names();
    if arguments.list {
        names.iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    harness::check_words(&arguments.only, "way", &names)?;
    let scenarios = scenarios(arguments)?;

    let mut series = Series::announce(harness, &arguments.turns, arguments.capacity)?;
    let mut held = Vec::new();
    for scenario in scenarios {
        if harness.stopped() {
            break;
        }
        let contestants = scenario.contestants(harness.places(), &arguments.only);
        if series.hold(scenario.heading(), contestants) {
            held.push(scenario);
        }
    }
    if harness.talks() {
        let all: Vec<_> = held.iter().zip(series.results()).collect();
        summary::print(&all);
    }
    series.finish()
}

/// Returns the names of all ways.
fn names() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl Visitor for Names {
        fn visit<W: Way>(&mut self) {
            self.0.push(W::NAME);
        }
    }
    let mut names = Names(Vec::new());
    ways::visit(&mut names);
    names.0
}

/// Returns all that was asked for, if it makes sense.
fn scenarios(arguments: &Arguments) -> Result<Vec<Scenario>> {
    let Arguments { capacity, .. } = *arguments;
    ensure!(
        capacity.is_power_of_two() && capacity >= 64,
        "a capacity is a power of two from 64 on, not {capacity}: one of the rings has no fewer slots"
    );
    let mut all = Vec::new();
    for &bytes in &arguments.payload {
        ensure!([8, 64, 256].contains(&bytes), "events have 8, 64 or 256 bytes, not {bytes}");
        for &batch in &arguments.batch {
            ensure!(
                (1..=capacity).contains(&batch),
                "a batch has from one event to as many as the ring, not {batch}"
            );
            for &readers in &arguments.readers {
                ensure!(readers > 0, "there must be at least one reader");
                for &producers in &arguments.producers {
                    ensure!(
                        (1..=lanes::MOST).contains(&producers),
                        "there are from one to {} producers, not {producers}",
                        lanes::MOST
                    );
                    let load = Load { capacity, producers, readers, batch };
                    all.push(Scenario { load, bytes });
                }
            }
        }
    }
    Ok(all)
}
