//! Repairs a log.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use broadring_log::{Keep, Repair, Repaired};
use clap::{Args, ValueEnum};

use crate::failure::DAMAGED;
use crate::output;

/// Makes a damaged log readable and writable again. Nothing is deleted.
///
/// Try --dry-run first, and copy the directory if you can. What can be made anew is: the description of the log, headers,
/// seals, indexes. Where events are lost, those before the loss are kept, or those behind it with --keep newest, because
/// the sequences of a log have no holes. Everything else is cut off or set aside, in files `*.cut` in the
/// same directory. Which sequences the log has no more is printed.
///
/// With --keep oldest, the log goes on with the first sequence that was lost: `record --resume` then records the lines from
/// there on again. With --keep newest no sequence is given twice.
///
/// The exit code is 0 if the log is good then, 1 if it is not, or if a dry run has found damage, and 2 if it cannot be
/// repaired.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory of the log.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Only prints what would be done.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Which events are kept where some are lost in the middle.
    #[arg(long, value_name = "WHICH", default_value = "oldest")]
    keep: Which,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// Those before the first loss.
    Oldest,
    /// Those behind the last loss.
    Newest,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let bar = output::bar("looked at", Some(0));
    let keep = match options.keep {
        Which::Oldest => Keep::Oldest,
        Which::Newest => Keep::Newest,
    };
    let repair = Repair::new().keep(keep).dry_run(options.dry_run);
    let repaired = repair.run(&options.directory, |checked| {
        bar.set_length(checked.of);
        bar.set_position(checked.bytes);
    });
    bar.finish_and_clear();
    let repaired = repaired?;
    print(&repaired, options)?;
    let good = repaired.found.is_good()
        || !options.dry_run && broadring_log::verify(&options.directory, |_| ())?.is_good();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
}

fn print(repaired: &Repaired, options: &Options) -> anyhow::Result<()> {
    let mut out = output::stdout();
    for damage in &repaired.found.damages {
        writeln!(out, "damage: {damage}")?;
    }
    if repaired.found.more_damages > 0 {
        writeln!(out, "damage: {} more", repaired.found.more_damages)?;
    }
    let verb = if options.dry_run { "would" } else { "did" };
    for mended in &repaired.mended {
        writeln!(out, "{verb}: {mended}")?;
    }
    for gone in &repaired.gone {
        writeln!(out, "gone: the events from {} to before {}", gone.start, gone.end)?;
    }
    if repaired.perhaps_more {
        writeln!(out, "gone: perhaps more events at the end; nobody knows how many there were")?;
    }
    for (consumer, position) in &repaired.ahead {
        writeln!(
            out,
            "note: the consumer {consumer} goes on with event {position}, which the log does not have; unless the same \
             events are recorded again, it will miss others"
        )?;
    }
    let (start, end) = (repaired.sequences.start, repaired.sequences.end);
    let tense = match (repaired.mended.is_empty(), options.dry_run) {
        (true, _) => "good, and nothing was changed: the log has",
        (false, true) => "nothing was changed: the log would have",
        (false, false) => "repaired: the log has",
    };
    writeln!(out, "{tense} the events from {start} to before {end}")?;
    out.flush()?;
    Ok(())
}
