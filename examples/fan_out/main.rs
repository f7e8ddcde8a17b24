//! Fans the lines of a file out to five readers, each on a thread of its own and
//! each with other work to do.
//!
//! ```text
//! cargo run --release --example fan_out -- FILE
//! ```
//!
//! Without a file it reads the source files of this project; `-` is standard
//! input, and `--help` lists the options. One reader is slow on purpose, so that
//! the ring is full for most of the run and the writer waits for it: watch the
//! bars. In the end a table says how every reader fared, and whether all of them
//! saw the same records in the same order.
//!
//! The two halves to read first are `publishing.rs`, which reads lines straight
//! into the slots of the ring, and `reading.rs`, which is the same for every
//! reader. What the readers do with the records is in `jobs`.

mod counted;
mod input;
mod jobs;
mod options;
mod order;
mod progress;
mod publishing;
mod reading;
mod record;
mod report;
mod waits;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use broadring::Ring;
use clap::Parser;

use crate::input::Input;
use crate::options::Options;
use crate::progress::Progress;
use crate::reading::Reading;
use crate::record::Record;
use crate::report::Report;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(report) => finish(&report),
        Err(error) => fail(&[format!("{error:#}")]),
    }
}

/// Publishes the whole input and waits for every reader.
fn run(options: &Options) -> anyhow::Result<Report> {
    let input = Input::open(options)?;
    let jobs = jobs::all(options)?;
    let (writer, ring) =
        Ring::try_builder(options.capacity)?.max_readers(jobs.len()).build(Record::default);

    let source = input.name();
    let progress = Progress::new(input.len());
    let start = Instant::now();
    let mut readings = Vec::new();
    for job in jobs {
        let lag = progress.lag(job.name(), ring.capacity());
        let reader = ring.reader().name(job.name()).subscribe()?;
        readings.push(Reading::start(reader, job, lag)?);
    }
    let published = publishing::publish(writer, input, &progress);
    let outcomes = readings.into_iter().map(Reading::join).collect();
    let elapsed = start.elapsed();
    progress.clear();

    let published = published.with_context(|| match &options.output {
        Some(path) => format!("the compressed copy in {} is not complete", path.display()),
        None => format!("not all of {source} was fanned out"),
    })?;
    anyhow::ensure!(published.records > 0, "{source} is empty: there is nothing to fan out");
    Ok(Report { source, capacity: ring.capacity(), elapsed, published, outcomes })
}

/// Prints the report, and says with the exit code whether all went well.
fn finish(report: &Report) -> ExitCode {
    let printed = io::stdout().write_all(report.to_string().as_bytes());
    let mut complaints = report.complaints();
    match printed {
        // Whoever read our output has seen enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => (),
        Err(error) => complaints.push(format!("cannot print the report: {error}")),
        Ok(()) => (),
    }
    if complaints.is_empty() { ExitCode::SUCCESS } else { fail(&complaints) }
}

/// Says what went wrong. If even standard error is closed, the exit code does.
fn fail(complaints: &[String]) -> ExitCode {
    for complaint in complaints {
        let _ = writeln!(io::stderr(), "error: {complaint}");
    }
    ExitCode::FAILURE
}
