//! Verifies a log.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use broadring_log::Verification;
use clap::Args;

use crate::failure::DAMAGED;
use crate::output;

/// Reads every byte of a log, and lists all that is not as it was written.
///
/// Looks at every checksum, the order of the events, the indexes, and the checkpoints. Changes nothing, and works beside
/// a process that records.
///
/// The exit code is 0 if the log is good, 1 if it is damaged, and 2 if it cannot be looked at. An end that was not
/// finished, because the process was killed while it was writing, is no damage.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory of the log.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Prints nothing if the log is good.
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let bar = output::bar("verified", Some(0));
    let report = broadring_log::verify(&options.directory, |checked| {
        bar.set_length(checked.of);
        bar.set_position(checked.bytes);
    });
    bar.finish_and_clear();
    let report = report?;
    if !(options.quiet && report.is_good()) {
        print(&report)?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
}

/// Prints what was found.
pub(crate) fn print(report: &Verification) -> anyhow::Result<()> {
    let mut out = output::stdout();
    for damage in &report.damages {
        writeln!(out, "damage: {damage}")?;
    }
    if report.more_damages > 0 {
        writeln!(out, "damage: {} more", report.more_damages)?;
    }
    if let Some(tail) = &report.tail {
        writeln!(out, "note: {tail}")?;
    }
    for remark in &report.remarks {
        writeln!(out, "note: {remark}")?;
    }
    writeln!(
        out,
        "{}: {} from {} to before {}, in {} and {}, {}{}",
        if report.is_good() { "good" } else { "damaged" },
        output::counted(report.events, "event"),
        report.sequences.start,
        report.sequences.end,
        output::counted(report.frames, "frame"),
        output::counted(report.segments, "segment"),
        output::bytes(report.bytes),
        if report.written { "; a process goes on writing" } else { "" },
    )?;
    out.flush()?;
    Ok(())
}
