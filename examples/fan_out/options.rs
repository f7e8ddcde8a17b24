//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use broadring::Ring;
use clap::{Parser, value_parser};

use crate::record::Record;

/// As many slots as this example builds: a ring allocates all of them at once.
const MOST_SLOTS: usize = 1 << 20;

/// Fans the lines of a file out to five readers, each on a thread of its own.
#[derive(Debug, Parser)]
#[command(name = "fan_out", version, max_term_width = 100)]
pub(crate) struct Options {
    /// File to read, or - for standard input; without it, the source files of broadring
    pub(crate) file: Option<PathBuf>,

    /// Slots of the ring: a power of two
    #[arg(long, value_name = "SLOTS", default_value = "256", value_parser = capacity)]
    pub(crate) capacity: usize,

    /// How many times to read the input
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,

    /// Microseconds that the slow reader sleeps at each record
    #[arg(long, value_name = "MICROSECONDS", default_value = "100", value_parser = microseconds)]
    pub(crate) slow: Duration,

    /// Longest line to accept; the ring may come to hold so much in every slot
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_line: u64,

    /// New file for the compressed copy (gzip); without it, the copy is only measured
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn capacity(argument: &str) -> Result<usize, String> {
    let capacity = argument.parse().map_err(|error| format!("{error}"))?;
    let _ = Ring::<Record>::try_builder(capacity).map_err(|error| error.to_string())?;
    if capacity > MOST_SLOTS {
        return Err(format!("this example builds no ring of more than {MOST_SLOTS} slots"));
    }
    Ok(capacity)
}

fn microseconds(argument: &str) -> Result<Duration, String> {
    match argument.parse() {
        Ok(microseconds @ 0..=1_000_000) => Ok(Duration::from_micros(microseconds)),
        Ok(_) => Err("more than a second for each record".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
