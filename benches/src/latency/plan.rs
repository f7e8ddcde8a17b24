//! What was asked for, with what was left open filled in.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};

use super::open_loop::Load;
use super::rate::Rate;
use crate::harness::Selection;
use crate::subject::Mode;

/// The options of this command.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Events a second, one measurement for each: 500, 10k, 2.5M
    /// [default: 10k,100k,1M,5M,10M,20M; with --quick 100k,1M,10M]
    #[arg(long, value_name = "RATE,RATE...", value_delimiter = ',')]
    pub(super) rates: Option<Vec<Rate>>,

    /// Bytes in an event
    #[arg(long, value_name = "BYTES", value_enum, default_value = "64")]
    pub(super) payload: Payload,

    /// Events that the ring, or each queue, holds: a power of two
    #[arg(long, value_name = "EVENTS", default_value_t = 4096)]
    pub(super) capacity: usize,

    /// How many readers there are; each gets every event
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(super) readers: usize,

    /// How the threads wait; a subject that cannot wait so is left out
    #[arg(long, value_enum, default_value_t = Mode::Spin)]
    pub(super) mode: Mode,

    /// How long each run takes; three times that for a rate that is not reached
    /// [default: 2; with --quick 0.3]
    #[arg(long)]
    pub(super) seconds: Option<f64>,

    /// How many times everything is run, in turns [default: 5; with --quick 3]
    #[arg(long)]
    pub(super) rounds: Option<usize>,

    /// Where the report, its plots and the percentile files go
    #[arg(long, value_name = "DIRECTORY", default_value = "target/latency")]
    pub(super) out: PathBuf,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub(super) selection: Selection,
}

/// How many bytes an event has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Payload {
    /// One word.
    #[value(name = "8")]
    Small,
    /// A cache line.
    #[value(name = "64")]
    Line,
    /// Four cache lines.
    #[value(name = "256")]
    Lines,
}

impl Payload {
    /// Returns the number of bytes.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Small => 8,
            Self::Line => 64,
            Self::Lines => 256,
        }
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.bytes() as u64)
    }
}

/// What will be measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plan {
    /// Events a second, ascending.
    pub(super) rates: Vec<Rate>,
    /// Bytes in an event.
    #[serde(rename = "payload_bytes")]
    pub(super) payload: Payload,
    /// Slots of the ring, or of each queue.
    pub(super) capacity: usize,
    /// Receiving ends.
    pub(super) readers: usize,
    /// How the threads wait.
    pub(super) mode: Mode,
    /// How long a run takes.
    pub(super) seconds: f64,
    /// How many runs there are of everything.
    pub(super) rounds: usize,
}

impl Plan {
    /// The first part of a run that is not recorded.
    const WARM_UP: f64 = 0.1;

    /// Checks the arguments, and fills in what was left open.
    pub(super) fn new(arguments: &Arguments, quick: bool) -> Result<Self> {
        let usual: &[&str] = match quick {
            true => &["100k", "1M", "10M"],
            false => &["10k", "100k", "1M", "5M", "10M", "20M"],
        };
        let mut rates = match &arguments.rates {
            Some(rates) => rates.clone(),
            None => usual.iter().map(|rate| rate.parse()).collect::<Result<_>>()?,
        };
        rates.sort_unstable();
        rates.dedup();
        let plan = Self {
            rates,
            payload: arguments.payload,
            capacity: arguments.capacity,
            readers: arguments.readers,
            mode: arguments.mode,
            seconds: arguments.seconds.unwrap_or(if quick { 0.3 } else { 2.0 }),
            rounds: arguments.rounds.unwrap_or(if quick { 3 } else { 5 }),
        };
        let times = 0.001..=3600.0;
        ensure!(times.contains(&plan.seconds), "a run takes from a millisecond to an hour");
        ensure!(plan.rounds > 0, "there must be at least one round");
        ensure!(plan.readers > 0, "there must be at least one reader");
        ensure!(plan.capacity.is_power_of_two(), "the capacity must be a power of two");
        Ok(plan)
    }

    /// Returns what is asked of a subject at this rate.
    pub(super) fn load(&self, rate: Rate) -> Load {
        let time = Duration::from_secs_f64(self.seconds);
        Load {
            rate,
            time,
            warm_up: time.mul_f64(Self::WARM_UP),
            capacity: self.capacity,
            readers: self.readers,
            mode: self.mode,
        }
    }
}
