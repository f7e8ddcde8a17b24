//! The command line.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use broadring::Ring;
use clap::{Parser, ValueEnum};

/// Merges log files into one order, and checks that three readers see the same.
#[derive(Debug, Parser)]
#[command(name = "merge_logs", version, max_term_width = 100)]
pub(crate) struct Options {
    /// Files to merge: regular ones, pipes, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// What decides: when a line was read, or the time that it begins with; without it, the time if
    /// all files are regular ones
    ///
    /// A time is one of 2026-11-28T21:00:00.123+01:00, 2026-11-28 21:00:00,123 (without a zone it is
    /// the local one: see the variable TZ), Nov 28 21:00:00, and 1795899600.123, after a [ or not.
    #[arg(long, value_name = "WHAT")]
    by: Option<By>,

    /// Print the name of the file before each line
    #[arg(long)]
    pub(crate) label: bool,

    /// At the end of a file, wait for more, as tail -f does; by arrival unless --by is given
    #[arg(long)]
    pub(crate) follow: bool,

    /// Slots of the ring of each file: a power of two
    #[arg(long, value_name = "SLOTS", default_value = "1024", value_parser = capacity)]
    pub(crate) capacity: usize,
}

/// What decides about the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// When a line was read
    Arrival,
    /// The time that a line begins with
    Time,
}

impl Options {
    /// Returns what decides about the order.
    pub(crate) fn by(&self) -> By {
        self.by.unwrap_or(if self.may_stall() { By::Arrival } else { By::Time })
    }

    /// Whether some of the files may have nothing to read for a while, and more later.
    pub(crate) fn may_stall(&self) -> bool {
        // A file that is not there, or is a directory, ends at once, with a complaint.
        let is_pipe = |file: &PathBuf| {
            let there = fs::metadata(file);
            file.as_os_str() == "-" || there.is_ok_and(|file| !file.is_file() && !file.is_dir())
        };
        self.follow || self.files.iter().any(is_pipe)
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arrival => "arrival",
            Self::Time => "time",
        })
    }
}

fn capacity(argument: &str) -> Result<usize, String> {
    let capacity = argument.parse().map_err(|error| format!("{error}"))?;
    let _ = Ring::<Vec<u8>>::try_builder(capacity).map_err(|error| error.to_string())?;
    if capacity > 1 << 20 {
        return Err("this example builds no ring of more than 1048576 slots".to_owned());
    }
    Ok(capacity)
}
