//! Fans a stream out to several readers, each on a thread of its own, in three short acts.
//!
//! ```text
//! cargo run --release --example fan_out -- FILE
//! ```
//!
//! 1. *The ring alone*: events of 8 bytes, one by one, for a second.
//! 2. *Real work*: the lines of a file go to four readers, which count words, hash the stream,
//!    find the longest line and compress a copy, each as fast as it can.
//! 3. *Backpressure*: the same with one more reader, which is slow on purpose. The ring fills,
//!    the writer waits for that reader, and nothing is lost.
//!
//! In each act every reader must see the same events in the same order; a digest shows it.
//! Without a file, the acts read the source files of this project; `-` is standard input, and
//! `--help` lists the options.
//!
//! The two halves to read first are `publishing.rs`, which reads lines straight into the slots of
//! the ring, and `reading.rs`, which is the same for every reader. What the readers do with the
//! lines is in `jobs`.

mod counted;
mod fan;
mod input;
mod jobs;
mod options;
mod order;
mod progress;
mod publishing;
mod reading;
mod record;
mod report;
mod speed;
mod waits;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::input::Input;
use crate::options::Options;
use crate::report::LEGEND;

fn main() -> ExitCode {
    let mut complaints = Vec::new();
    match perform(&Options::parse(), &mut complaints) {
        Ok(()) => (),
        // The reader of our output has seen enough of it.
        Err(error) if is_broken_pipe(&error) => (),
        Err(error) => complaints.push(format!("{error:#}")),
    }
    for complaint in &complaints {
        // If even standard error is closed, the exit code says it.
        let _ = writeln!(io::stderr(), "error: {complaint}");
    }
    if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Performs the three acts. What they find wrong goes to `complaints`.
fn perform(options: &Options, complaints: &mut Vec<String>) -> anyhow::Result<()> {
    // Opened first, so that a file that cannot be read or written is reported at once.
    let input = Input::open(options)?;
    let jobs = jobs::eager(options)?;

    print("Act 1: the ring alone\n")?;
    let speed = speed::run()?;
    print(&speed)?;
    complaints.extend(speed.complaint());

    print("\nAct 2: real work, each reader as fast as it can\n")?;
    let once = input.can_be_read_only_once();
    let report = fan::out(input, jobs, options);
    let report = report.with_context(|| match &options.output {
        Some(path) => format!("the compressed copy in {} is not complete", path.display()),
        None => "the second act broke off".to_owned(),
    })?;
    print(&report)?;
    print(format_args!("\n{}", report.results()))?;
    complaints.extend(report.complaints());

    if !options.slow.is_zero() {
        let nap = options.slow;
        print(format_args!(
            "\nAct 3: backpressure. Now one reader sleeps {nap:?} at each record, on purpose.\n\
             The ring fills, the writer waits for that reader, and nothing is lost.\n",
        ))?;
        if once {
            print("(Left out: the input can be read only once.)\n")?;
        } else {
            let few = Input::open(options)?.limited_to(options.slow_records());
            let report = fan::out(few, jobs::with_a_slow_one(options), options)?;
            print(&report)?;
            if report.published.waits.times == 0 {
                print("(The input was too short to fill the ring: try a smaller --capacity.)\n")?;
            }
            complaints.extend(report.complaints());
        }
    }
    print(format_args!("\n{LEGEND}"))
}

/// Prints now, so that each act is seen while the next one runs.
fn print(text: impl Display) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")?;
    Ok(out.flush()?)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
