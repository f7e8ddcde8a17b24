//! The `graph` command: readers that come after others, editors, observers, and readers that
//! may be evicted, in turns.

mod chain;
mod dependent;
mod editors;
mod evictable;
pub mod scenarios;
mod tap;
pub mod way;

use anyhow::{Result, ensure};
use clap::Args;

use crate::harness::{self, Harness, is_chosen};
use crate::subject::Mode;
use crate::throughput::contest::{Series, Turns};
use crate::throughput::goals;

/// How the threads wait where there are more of them than cores.
const WAITING: &[Mode] = &[Mode::Yield, Mode::Park];
const YIELDING: &[Mode] = &[Mode::Yield];

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Only the scenarios whose names contain one of these words; see `--list`
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,

    /// Measure only the ways whose names contain one of these words; see `--list`
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    only: Vec<String>,

    /// List the scenarios, and the ways of each
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    turns: Turns,

    /// The number of events that fit each ring or channel
    #[arg(long, default_value_t = 4096)]
    capacity: usize,
}

/// Measures every way of every scenario that was asked for, and prints a table of each.
///
/// # Errors
///
/// If the arguments make no sense, or a file cannot be written.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    let mut scenarios = scenarios::all();
    let names: Vec<_> = scenarios.iter().map(|scenario| scenario.name.clone()).collect();
    harness::check_words(&arguments.scenarios, "scenario", &names)?;
    scenarios.retain(|scenario| is_chosen(&scenario.name, &arguments.scenarios));
    if arguments.list {
        for scenario in scenarios {
            println!("{:20} {}", scenario.name, scenario.what);
            scenario.ways.iter().for_each(|way| println!("{:20}   {}", "", way.name));
        }
        return Ok(());
    }
    let mut ways: Vec<_> = scenarios.iter().flat_map(|one| &one.ways).map(|way| way.name).collect();
    ways.sort_unstable();
    ways.dedup();
    harness::check_words(&arguments.only, "way", &ways)?;
    let capacity = arguments.capacity;
    ensure!(
        capacity.is_power_of_two() && capacity >= 32,
        "a capacity is a power of two from 32 on, not {capacity}: batches are of 16 events"
    );

    let mut series = Series::announce(harness, &arguments.turns, capacity)?;
    for scenario in scenarios {
        if harness.stopped() {
            break;
        }
        if harness.places().cores().len() < scenario.cores {
            if harness.talks() {
                println!("\n{}: needs {} cores", scenario.name, scenario.cores);
            }
            continue;
        }
        let contestants = scenario.contestants(harness.places(), capacity, &arguments.only);
        series.hold(scenario.heading(), contestants);
    }
    if harness.talks() {
        goals::print(series.results());
    }
    series.finish()
}
