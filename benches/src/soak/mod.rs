//! The `soak` command: everything that the library can do, at once, for as long as one likes, with
//! full accounting.

mod board;
mod census;
pub mod dice;
mod editing;
mod fault;
pub mod law;
pub mod life;
mod memory;
mod mishap;
pub mod payload;
mod plan;
mod player;
mod post;
mod reading;
pub mod records;
mod report;
mod round;
mod run;
pub mod tally;
mod totals;
mod watch;
mod writing;

use std::io::{self, IsTerminal};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use clap::Args;

pub use self::fault::Fault;
pub use self::memory::Resident;
use self::report::Report;
pub use self::run::{Planted, Settings};
pub use self::totals::Counts;
pub use self::watch::{Failure, Summary, soak};
use crate::harness::Harness;
use crate::machine::Machine;

/// How often there is a line of progress.
const TELL: Duration = Duration::from_secs(10);

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// How long it runs, in minutes [default: 1, or 10 seconds with --quick]
    #[arg(long, conflicts_with = "seconds")]
    minutes: Option<f64>,

    /// How long it runs, in seconds
    #[arg(long)]
    seconds: Option<f64>,

    /// What all decisions come from; threads interleave freely all the same [default: the clock]
    #[arg(long)]
    seed: Option<u64>,

    /// How many rings there are at once, of several capacities, each with a ring of records beside it
    #[arg(long, default_value_t = 6)]
    rings: usize,

    /// How many seconds a ring lives at most, before another one takes its place
    #[arg(long, value_name = "SECONDS", default_value_t = 4.0)]
    round: f64,

    /// After how many seconds without progress a thread counts as stuck; one in eight rings lives
    /// longer than this
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    patience: f64,

    /// Print a line of progress every 10 seconds, also if the standard output is no terminal
    #[arg(long)]
    progress: bool,

    /// Plant a fault, to see that it is found
    #[arg(long, hide = true)]
    plant: Option<Planted>,
}

impl Arguments {
    fn settings(&self, harness: &Harness) -> Result<Settings> {
        let &Self { minutes, seconds, seed, rings, round, patience, plant, .. } = self;
        let usual = if harness.quick() { 10.0 } else { 60.0 };
        let seconds = seconds.or(minutes.map(|minutes| minutes * 60.0)).unwrap_or(usual);
        let times = [seconds, round, patience].map(Duration::try_from_secs_f64);
        let [Ok(length), Ok(round), Ok(patience)] = times else {
            anyhow::bail!("a time is a positive number of seconds");
        };
        ensure!(rings > 0, "there must be a ring");
        ensure!(!round.is_zero() && !patience.is_zero(), "a round and the patience take some time");
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let seed = seed.unwrap_or_else(clock);
        Ok(Settings { length, seed, rings, round, patience, planted: plant })
    }
}

/// Runs the soak, and prints what happened.
///
/// # Errors
///
/// If the arguments make no sense, if anything was wrong or anybody stuck, or if a file cannot be
/// written.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    let settings = arguments.settings(harness)?;
    let machine = Machine::here();
    if harness.talks() {
        println!("{machine}");
        println!("{} rings, seed {}", settings.rings, settings.seed);
    }
    let tells = harness.talks() && (arguments.progress || io::stdout().is_terminal());
    let mut next = TELL;
    let summary = soak(
        &settings,
        || harness.stopped(),
        |elapsed, counts| {
            if tells && elapsed >= next {
                next = elapsed + TELL;
                tell(elapsed, counts);
            }
        },
    )?;
    let report = Report::new(&machine, &settings, &summary);
    if harness.talks() {
        report.print();
    }
    harness.write_json(&report)
}

fn tell(elapsed: Duration, counts: &Counts) {
    let &Counts { rounds, published, read, joins, evictions, panics, parks, .. } = counts;
    println!(
        "{:6.0} s: {rounds} rounds, {published} published, {read} read, {joins} joins, \
         {evictions} evictions, {panics} panics, {parks} parks",
        elapsed.as_secs_f64()
    );
}
