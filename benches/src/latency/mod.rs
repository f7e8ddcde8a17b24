//! Latency at fixed rates, counted from the moment when each event was due.
//!
//! The writer has a timetable and stamps every event with the time that it was
//! due, not the time that it was sent. A writer that is held up, by a full ring or
//! by the system, therefore shows in the latency of every event that it made late,
//! and not of the first one alone ("coordinated omission").

mod canvas;
mod clip;
mod clock;
mod distribution;
mod hgrm;
mod html;
mod open_loop;
mod output;
mod palette;
mod plan;
mod plots;
mod rate;
mod results;
mod roll;
mod scale;
mod schedule;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod units;
mod watch;

use anyhow::{Result, ensure};

use self::clock::Clock;
use self::output::Output;
pub use self::plan::Arguments;
use self::plan::Plan;
use self::sweep::Sweep;
use crate::harness::Harness;

/// Measures, then shows and writes what was measured.
///
/// # Errors
///
/// If the arguments make no sense, the results cannot be written, or a subject lost
/// or damaged an event.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    arguments.selection.check()?;
    let plan = Plan::new(arguments, harness.quick())?;
    let output = Output::prepare(&arguments.out)?;
    let sweep = Sweep::prepare(plan, harness.places().clone(), &arguments.selection);
    for note in sweep.notes() {
        eprintln!("note: {note}");
    }
    let bar = harness.bar(sweep.steps());
    let results = sweep.measure(&Clock::new(), &bar, || harness.stopped());
    bar.finish_and_clear();
    ensure!(
        !results.rows.is_empty() || !results.broken.is_empty(),
        "stopped before anything was measured"
    );
    if harness.talks() {
        print!("{}", table::text(&results));
    }
    output.write(&results)?;
    harness.write_json(&results)?;
    if harness.talks() {
        println!("\nplots, percentiles and a report: {}", output.report().display());
    }
    ensure!(results.broken.is_empty(), "{}", results.broken.join("; "));
    Ok(())
}
