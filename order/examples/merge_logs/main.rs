//! Merges log files, pipes among them, into one order, in which every reader sees them.
//!
//! ```text
//! cargo run --release -p broadring-order --example merge_logs -- FILE...
//! tail -F a.log > a.fifo & merge_logs --by arrival --label a.fifo b.log
//! ```
//!
//! Each file has a thread that reads it, and a ring of its own. Three readers merge the rings, each on
//! a thread of its own; the first one prints what it gets. All three compute a digest of the order that
//! they see, and in the end the digests must be equal. There are two orders to choose from:
//!
//! - *By arrival*: lines come in the order in which they were read. This is an order of this package:
//!   the writers stamp what they publish by the clock of the process. A source that stalls, ends or
//!   fails holds nobody up. This is the default if a file is a pipe.
//! - *By time*: lines come in the order of the times that they begin with. Here no clock has a say: the
//!   stamps are in the data, and the writers read as fast as they can. So the rings are plain ones, with
//!   stamped lines in them, and each reader merges them by stamp, source and sequence. It knows the next
//!   line only when it has one of every file that has not ended: a pipe that stalls holds everybody up,
//!   because its next line may be older than all others. This is the default for regular files.
//!
//! A line that does not begin with a time belongs to the line before it, as in a stack trace, and stays
//! with it. By arrival that holds for lines that were read together: nobody waits for a line to see whether
//! it belongs to the one before.
//!
//! The two halves to read first are `by_arrival.rs` and `by_time.rs`.

mod by_arrival;
mod by_time;
mod complaints;
mod lines;
mod options;
mod reading;
mod source;
#[cfg(test)]
mod tests;
mod times;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::complaints::Complaints;
use crate::options::{By, Options};
use crate::reading::{Printer, Reading, Seen};
use crate::source::Source;

/// How many readers there are. The first one prints.
const READERS: usize = 3;

fn main() -> ExitCode {
    let complaints = Complaints::new(io::stderr());
    match merge(&Options::parse(), io::stdout(), &complaints) {
        Ok(()) => (),
        // The reader of our output has seen enough of it.
        Err(error) if is_broken_pipe(&error) => return ExitCode::SUCCESS,
        Err(error) => complaints.add(&format!("{error:#}")),
    }
    // A thread that still waits for its pipe ends with the process.
    if complaints.are_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Merges the files into `out`. What is wrong with one of them goes to the complaints; what is wrong
/// with all of it comes back.
fn merge(
    options: &Options,
    out: impl Write + Send + 'static,
    complaints: &Complaints,
) -> anyhow::Result<()> {
    let by = options.by();
    let names = options.files.iter().map(|file| file.display().to_string()).collect();
    let printer = Printer::new(out, options.label.then_some(names), options.may_stall());
    let sources = options.files.iter().map(|file| Source::new(file, options, complaints)).collect();
    let readings = match by {
        By::Arrival => by_arrival::start(sources, options.capacity, printer)?,
        By::Time => by_time::start(sources, options.capacity, printer)?,
    };
    let seen = readings.into_iter().map(Reading::join).collect::<anyhow::Result<Vec<_>>>()?;
    let Seen { digest, lines, events } = &seen[0];
    complaints.note(&format!(
        "{} files, {lines} lines in {events} events, by {by}: sha-256 of the order {digest}",
        options.files.len(),
    ));
    anyhow::ensure!(
        seen.iter().all(|other| other == &seen[0]),
        "the readers saw different orders: {seen:?}"
    );
    complaints.note(&format!("all {READERS} readers saw the same order"));
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Runs something on a thread with this name.
fn spawn<R: Send + 'static>(
    name: String,
    run: impl FnOnce() -> R + Send + 'static,
) -> anyhow::Result<std::thread::JoinHandle<R>> {
    std::thread::Builder::new().name(name).spawn(run).context("cannot start a thread")
}
