//! The `throughput` command: every scenario, with every subject, in turns.

mod churn;
pub(crate) mod contest;
pub(crate) mod goals;
mod idle;
mod one_thread;
pub(crate) mod ping_pong;
mod scenarios;
pub(crate) mod stream;
pub(crate) mod table;
mod wake_up;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::harness::{Harness, Selection};
use contest::{Series, Turns};
use scenarios::Scenario;

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Only the scenarios whose names contain one of these words; see `--list`
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,

    /// List the scenarios
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    turns: Turns,

    /// The number of events that fit each ring or queue
    #[arg(long, default_value_t = 4096)]
    capacity: usize,

    #[command(flatten)]
    selection: Selection,
}

/// Runs the scenarios that were asked for, and prints a table of each.
///
/// # Errors
///
/// If the arguments make no sense, or a file cannot be written.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    let scenarios = chosen(&arguments.scenarios)?;
    if arguments.list {
        for scenario in scenarios {
            println!("{:24} {}", scenario.name(), scenario.what());
        }
        return Ok(());
    }
    arguments.selection.check()?;
    let capacity = arguments.capacity;
    ensure!(
        capacity.is_power_of_two() && capacity >= 256,
        "a capacity is a power of two from 256 on, not {capacity}: batches are of up to 128 events"
    );

    let mut series = Series::announce(harness, &arguments.turns, capacity)?;
    for scenario in scenarios {
        if harness.stopped() {
            break;
        }
        if harness.places().cores().len() < scenario.cores() {
            if harness.talks() {
                println!("\n{}: needs {} cores", scenario.name(), scenario.cores());
            }
            continue;
        }
        let contestants = scenario.contestants(harness.places(), capacity, &arguments.selection);
        series.hold(scenario.heading(), contestants);
    }
    if harness.talks() {
        goals::print(series.results());
    }
    series.finish()
}

/// Returns the scenarios whose names contain one of the words; all, if there is none.
fn chosen(words: &[String]) -> Result<Vec<Scenario>> {
    let all = scenarios::all();
    for word in words {
        if !all.iter().any(|scenario| scenario.name().contains(&**word)) {
            bail!("no scenario is called {word:?}; `--list` shows them");
        }
    }
    let wanted = |scenario: &Scenario| {
        words.is_empty() || words.iter().any(|word| scenario.name().contains(&**word))
    };
    Ok(all.into_iter().filter(wanted).collect())
}
