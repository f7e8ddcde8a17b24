//! Records lines: from the input into a ring, and by the journal into the log.

mod acknowledging;
mod input;
mod publishing;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use broadring::Ring;
use broadring_log::codec::Bytes;
use broadring_log::{Durability, Journal, JournalError, Log, OnFailure, Retention};
use clap::Args;

use self::acknowledging::Acknowledging;
use self::input::Input;
use self::publishing::Publishing;
use self::summary::Summary;
use crate::output;
use crate::stopping::Stop;
use crate::values::{bytes, durability, on_failure, time};

/// Records the lines of a file, or of standard input.
///
/// A line is an event, without its line end, and its sequence is its number, from 0 on. SIGINT or SIGTERM ends the
/// recording: what was read until then is written down. A second one ends it at once, and then, as when the process is
/// killed or the power is lost, everything that was acknowledged is there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  broadring-log record words < /usr/share/dict/words
  broadring-log record words --resume < /usr/share/dict/words     after it was killed
  tail -f access.log | broadring-log record access --durability every=1000,20 --retain-bytes 1GiB")]
pub(crate) struct Options {
    /// The directory of the log. It is made if it is not there.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The file, instead of standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Goes on with a log: passes over as many lines as it has already.
    #[arg(long)]
    resume: bool,
    /// When lines have to be on the disk: after each `batch` of what there is at once, `every=N,MS`: as soon as N lines
    /// wait, or one has for MS milliseconds, `interval=MS`, or when the `system` sees fit. Lines are acknowledged when
    /// they are.
    #[arg(long, value_name = "WHEN", default_value = "batch", value_parser = durability)]
    durability: Durability,
    /// How long a segment gets before the next one is begun.
    #[arg(long, value_name = "BYTES", default_value = "64MiB", value_parser = bytes)]
    segment_bytes: u64,
    /// Removes the oldest segments while there are more bytes.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    retain_bytes: Option<u64>,
    /// Removes segments that are older, for instance 7d.
    #[arg(long, value_name = "TIME", value_parser = time)]
    retain_age: Option<Duration>,
    /// What happens when the file system refuses: `stop`, `memory=TIME,BYTES`: goes on in memory and tries again, for so
    /// long and so much, and acknowledges lines meanwhile that are not on the disk, or `leave`: reads on without recording.
    #[arg(long, value_name = "WHAT", default_value = "stop", value_parser = on_failure)]
    on_failure: OnFailure,
    /// How many lines the ring has room for: a power of two.
    #[arg(long, value_name = "LINES", default_value_t = 4096)]
    capacity: usize,
    /// Writes the number of lines that are acknowledged to this file, over and over; `-` is standard output, with
    /// a line for each batch.
    #[arg(long, value_name = "FILE")]
    ack: Option<PathBuf>,
    /// Reads no more than so many lines a second.
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// How long a line may be.
    #[arg(long, value_name = "BYTES", default_value = "16MiB", value_parser = bytes)]
    max_line: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    // Everything that can be refused is, before anything is made.
    let mut input = Input::open(options.file.as_deref(), options.max_line)?;
    let stop = Stop::on_signals()?;
    let mut retention = Retention::EVERYTHING;
    (retention.bytes, retention.age) = (options.retain_bytes, options.retain_age);
    // So that a capacity that is no power of two leaves no log behind.
    let builder = Ring::try_builder(options.capacity).context("--capacity")?;
    let log = Log::options()
        .segment_bytes(options.segment_bytes)
        .durability(options.durability)
        .retention(retention)
        .open(&options.directory)?;
    if let Some(cut) = log.recovery().cut() {
        output::note(format_args!("recovered: {cut}"));
    }
    let next = log.next_sequence();
    ensure!(
        options.resume || next == 0.into(),
        "{} has {} already; add --resume to go on after that many lines of the input",
        options.directory.display(),
        output::counted(next.into(), "event"),
    );
    let bar = output::bar("recorded", input.len());
    let skipped = input.skip(next.into(), &stop)?;
    ensure!(
        skipped == u64::from(next) || stop.is_asked(),
        "{} has {}, and the input has only {}: is it the same input?",
        options.directory.display(),
        output::counted(next.into(), "line"),
        output::counted(skipped, "line"),
    );
    bar.set_position(input.position());

    let start = Instant::now();
    let (writer, ring) = builder.first_sequence(next).build(Vec::new);
    let journal = Journal::builder(log, Bytes).on_failure(options.on_failure).start(&ring)?;
    let acknowledged =
        ring.reader().name("acknowledged").after(&journal)?.from(next).subscribe()?;
    let acknowledging = Acknowledging::start(acknowledged, options.ack.as_deref())?;
    let publishing = Publishing {
        journal: &journal,
        stop: &stop,
        bar: &bar,
        rate: options.rate,
        despite_failure: options.on_failure == OnFailure::Leave,
    };
    let published = publishing.run(writer, &mut input);
    let joined = journal.join();
    let acknowledged = acknowledging.join()?;
    bar.finish_and_clear();

    let (log, failure) = match joined {
        Ok(log) => (log, None),
        Err(JournalError::Failed { failure, log }) => (*log, Some(failure)),
        Err(error) => return Err(error.into()),
    };
    let stats = log.stats();
    output::note(Summary { stats: &stats, time: start.elapsed(), acknowledged });
    // Syncs whatever the durability, and tries once more what has failed.
    let closed = log.close();
    let published = published?;
    if let Some(failure) = failure {
        // What has failed at the very end may have been written since.
        let all = next + published.lines;
        if !(published.whole && closed.is_ok_and(|end| end == all)) {
            return Err(anyhow::Error::new(failure).context(format!(
                "the recording has stopped after {}",
                output::counted(acknowledged, "acknowledged line")
            )));
        }
        return Ok(ExitCode::SUCCESS);
    }
    closed?;
    Ok(ExitCode::SUCCESS)
}
