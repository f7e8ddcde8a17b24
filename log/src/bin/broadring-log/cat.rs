//! Prints what was recorded.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use broadring_log::storage::{Directory, Storage};
use broadring_log::{Frame, Frames, LogReader, ReadError};
use clap::Args;
use data_encoding::BASE64;
use serde::Serialize;

use crate::output;
use crate::stopping::Stop;
use crate::values::{moment, shown};

/// How often to look whether the process was asked to stop, and whether somebody still writes.
const LOOK: Duration = Duration::from_millis(50);

/// Prints what was recorded, one event a line.
///
/// Works beside a process that records: then it prints what is acknowledged.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  broadring-log cat words                        everything, as it was recorded
  broadring-log cat words --from 10 --to 20      ten events
  broadring-log cat words --since -10m --json    the last ten minutes, with times
  broadring-log cat words --follow               everything, and whatever is recorded from now on")]
pub(crate) struct Options {
    /// The directory of the log.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Prints an object a line: `sequence`, `time`, `codec`, `schema`, and the record as `text`, or as `base64` if it is
    /// no text.
    #[arg(long)]
    json: bool,
    /// The sequence of the first event. The oldest one that there is, unless given.
    #[arg(long, value_name = "SEQUENCE", conflicts_with = "since")]
    from: Option<u64>,
    /// The sequence before which it ends.
    #[arg(long, value_name = "SEQUENCE")]
    to: Option<u64>,
    /// Begins with what was recorded at this time: in RFC 3339, or like -10m for ten minutes ago.
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    since: Option<u64>,
    /// Ends with what was recorded at this time.
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    until: Option<u64>,
    /// Waits for more at the end, until SIGINT or SIGTERM comes.
    #[arg(short, long)]
    follow: bool,
    /// Follows, and ends when nobody writes the log any more.
    #[arg(long)]
    until_end: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let reader = LogReader::open(&options.directory)?;
    let mut frames = match (options.from, options.since) {
        (Some(from), _) => reader.from(from)?,
        (None, Some(since)) => reader.from_stamp(since)?,
        (None, None) => reader.from(reader.oldest()?)?,
    };
    let directory = Directory::new(&options.directory);
    let follows = options.follow || options.until_end;
    let mut out = output::stdout();
    // The last look comes after nobody wrote any more.
    let mut last_look = false;
    while !stop.is_asked() && options.to.is_none_or(|to| frames.position() < to.into()) {
        let looked_whole = frames.is_ended();
        match frames.next_frame() {
            Ok(Some(frame)) => {
                if options.until.is_some_and(|until| frame.stamp() > until) {
                    break;
                }
                print(&mut out, &frame, options)?;
                continue;
            }
            Ok(None) => {}
            // A process has begun to write what was to be read to its end, and was in the middle of it.
            Err(ReadError::Damaged(_)) if looked_whole && directory.is_locked()? => {
                frames = reopened(&frames, options)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        out.flush()?;
        if !follows || last_look {
            break;
        }
        let written = directory.is_locked()?;
        if written && frames.is_ended() {
            frames = reopened(&frames, options)?;
        } else if !written && options.until_end {
            last_look = true;
        } else {
            std::thread::sleep(LOOK);
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Goes on where `frames` is, with a reader that knows whether the log is written.
fn reopened(frames: &Frames, options: &Options) -> anyhow::Result<Frames> {
    Ok(LogReader::open(&options.directory)?.from(frames.position())?)
}

/// An event for other programs.
#[derive(Serialize)]
struct Event<'a> {
    sequence: u64,
    time: &'a str,
    codec: &'a str,
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

fn print(out: &mut impl Write, frame: &Frame<'_>, options: &Options) -> anyhow::Result<()> {
    let (time, codec) = (shown(frame.stamp()), frame.codec().to_string());
    for (sequence, record) in frame.records() {
        if options.to.is_some_and(|to| sequence >= to.into()) {
            break;
        }
        if options.json {
            let text = std::str::from_utf8(record).ok();
            let base64 = text.is_none().then(|| BASE64.encode(record));
            let (sequence, schema) = (sequence.into(), frame.schema().0);
            let event = Event { sequence, time: &time, codec: &codec, schema, text, base64 };
            serde_json::to_writer(&mut *out, &event)?;
        } else {
            out.write_all(record)?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}
