//! Tells what there is of a log.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use broadring_log::LogReader;
use broadring_log::storage::Directory;
use clap::Args;
use serde::Serialize;

use crate::output;
use crate::values::shown;

/// Tells what there is of a log: its segments, how far it has come, and how far its consumers have.
///
/// Does not read the events, except those of the segment that is being written. Works beside a process that records.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory of the log.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Prints one object instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Info {
    log: String,
    created: String,
    oldest: u64,
    /// The sequence that the log goes on with.
    next: u64,
    /// Everything before is on the disk.
    durable: u64,
    bytes: u64,
    segments: Vec<Segment>,
    checkpoints: Vec<Consumer>,
    /// Who writes it.
    writer: Option<Writer>,
}

#[derive(Serialize)]
struct Segment {
    file: String,
    first: u64,
    end: Option<u64>,
    bytes: u64,
    created: String,
    last: Option<String>,
}

#[derive(Serialize)]
struct Consumer {
    name: String,
    position: Option<u64>,
    lag: Option<u64>,
    stored: Option<String>,
}

#[derive(Serialize)]
struct Writer {
    process: Option<u32>,
    program: Option<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let info = Info::of(options)?;
    let mut out = output::stdout();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &info)?;
        writeln!(out)?;
    } else {
        info.print(&mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

impl Info {
    fn of(options: &Options) -> anyhow::Result<Self> {
        let reader = LogReader::open(&options.directory)?;
        let writer = Directory::new(&options.directory)
            .writer()
            .with_context(|| format!("cannot look who writes {}", options.directory.display()))?;
        let next = next(&reader)?;
        let segments = reader.segments()?;
        let checkpoints = reader.checkpoints()?;
        Ok(Self {
            log: reader.id().to_string(),
            created: shown(reader.created()),
            oldest: reader.oldest()?.into(),
            next,
            durable: u64::from(reader.durable()?).min(next),
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments: segments
                .into_iter()
                .map(|segment| Segment {
                    first: segment.sequences.0.into(),
                    end: segment.sequences.1.map(Into::into),
                    bytes: segment.bytes,
                    created: shown(segment.created),
                    last: segment.last_stamp.map(shown),
                    file: segment.file,
                })
                .collect(),
            checkpoints: checkpoints
                .into_iter()
                .map(|checkpoint| Consumer {
                    position: checkpoint.position.map(Into::into),
                    lag: checkpoint.position.map(|at| next.saturating_sub(at.into())),
                    stored: checkpoint.position.map(|_| shown(checkpoint.stamp)),
                    name: checkpoint.name,
                })
                .collect(),
            writer: writer.map(|holder| Writer {
                process: holder.process(),
                program: holder.program().map(str::to_owned),
            }),
        })
    }

    fn print(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(out, "log      {}", self.log)?;
        writeln!(out, "created  {}", self.created)?;
        writeln!(
            out,
            "events   {} to before {}: {}, {}",
            self.oldest,
            self.next,
            output::counted(self.next.saturating_sub(self.oldest), "event"),
            output::bytes(self.bytes)
        )?;
        writeln!(out, "durable  before {}", self.durable)?;
        match &self.writer {
            None => writeln!(out, "writer   nobody")?,
            Some(Writer { process: Some(process), program }) => {
                writeln!(
                    out,
                    "writer   process {process} ({})",
                    program.as_deref().unwrap_or("?")
                )?;
            }
            Some(_) => writeln!(out, "writer   another process")?,
        }
        writeln!(out, "\n{}", output::counted(self.segments.len() as u64, "segment"))?;
        for segment in &self.segments {
            let end = segment.end.map_or_else(|| "…".to_owned(), |end| end.to_string());
            let last = segment.last.as_deref().unwrap_or("now: it is not full yet");
            let (first, bytes) = (segment.first, output::bytes(segment.bytes).to_string());
            writeln!(out, "  {first:>12} to {end:<12} {bytes:>12}  {} to {last}", segment.created)?;
        }
        writeln!(out, "\n{}", output::counted(self.checkpoints.len() as u64, "checkpoint"))?;
        for Consumer { name, position, lag, stored } in &self.checkpoints {
            match (position, lag, stored) {
                (Some(position), Some(lag), Some(stored)) => {
                    writeln!(
                        out,
                        "  {name}: goes on with {position}, {lag} behind, stored {stored}"
                    )?;
                }
                _ => writeln!(out, "  {name}: nothing was stored, or it is damaged")?,
            }
        }
        Ok(())
    }
}

/// The sequence that the log goes on with: what is committed if it is written, or else what is behind its last event.
fn next(reader: &LogReader) -> anyhow::Result<u64> {
    if let Some(committed) = reader.committed()? {
        return Ok(committed.into());
    }
    let oldest = reader.oldest()?;
    let last = reader.segments()?.pop().map(|segment| segment.sequences);
    let mut frames = match last {
        Some((_, Some(end))) => return Ok(end.into()),
        Some((first, None)) => reader.from(first)?,
        None => reader.from(oldest)?,
    };
    while frames.next_frame()?.is_some() {}
    Ok(frames.position().into())
}
