//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use broadring::Ring;
use clap::{Parser, value_parser};

use crate::record::Record;

/// The largest ring that this example builds: a ring allocates all of its slots at once.
const MOST_SLOTS: usize = 1 << 20;

/// How often the source files of this project are read if nothing else is asked for.
const OWN_SOURCES_REPEAT: u64 = 40;

/// How long the act with the slow reader is to take.
const SLOW_ACT: Duration = Duration::from_secs(1);

/// How long a sleep takes at least, whatever it is asked for: the system rounds it up.
const SHORTEST_SLEEP: Duration = Duration::from_micros(150);

/// Fans a stream out to several readers, each on a thread of its own, in three short acts: the ring
/// alone, real work on the lines of a file, and backpressure by a reader that is slow on purpose.
#[derive(Debug, Parser)]
#[command(name = "fan_out", version, max_term_width = 100)]
pub(crate) struct Options {
    /// File whose lines go through the ring, or - for standard input; without it, the source files
    /// of broadring
    pub(crate) file: Option<PathBuf>,

    /// Slots of the ring in the second and third act: a power of two
    #[arg(long, value_name = "SLOTS", default_value = "1024", value_parser = capacity)]
    pub(crate) capacity: usize,

    /// How many times to read the input in the second act; a file is read once unless set
    #[arg(long, value_name = "TIMES", value_parser = value_parser!(u64).range(1..))]
    repeat: Option<u64>,

    /// Microseconds that the slow reader of the third act sleeps at each record; 0 leaves the act
    /// out
    #[arg(long, value_name = "MICROSECONDS", default_value = "100", value_parser = microseconds)]
    pub(crate) slow: Duration,

    /// Longest line to accept; the ring may come to hold so much in every slot
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_line: u64,

    /// New file for the compressed copy (gzip) that the second act makes; without it, the copy is
    /// only measured
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Options {
    /// How many times to read the input.
    pub(crate) fn repeat(&self) -> u64 {
        self.repeat.unwrap_or(if self.file.is_some() { 1 } else { OWN_SOURCES_REPEAT })
    }

    /// How many records keep the slow reader busy for about as long as its act is to take.
    pub(crate) fn slow_records(&self) -> u64 {
        let records = SLOW_ACT.as_micros() / self.slow.max(SHORTEST_SLEEP).as_micros();
        // But a ring and a half at least, or the ring would never be full.
        (records as u64).max(3 * self.capacity as u64 / 2)
    }
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
