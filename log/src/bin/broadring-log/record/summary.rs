//! What was recorded, in a few lines.

use core::fmt;
use std::time::Duration;

use broadring_log::LogStats;

use crate::output::{bytes, counted, rate};

/// What was recorded.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) stats: &'a LogStats,
    pub(super) time: Duration,
    /// How many lines of the input are acknowledged in all.
    pub(super) acknowledged: u64,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogStats { events, frames, bytes: size, syncs, sync_times, .. } = self.stats;
        writeln!(
            f,
            "recorded {}, {} in {}; {} are acknowledged in all",
            counted(*events, "event"),
            bytes(*size),
            counted(*frames, "frame"),
            counted(self.acknowledged, "line"),
        )?;
        writeln!(
            f,
            "{}, of which half took {:.2} ms at most, and 99 of 100 took {:.2} ms",
            counted(*syncs, "sync"),
            sync_times.quantile(0.5).as_secs_f64() * 1000.0,
            sync_times.quantile(0.99).as_secs_f64() * 1000.0,
        )?;
        write!(
            f,
            "{:.3} s: {} a second, {} a second",
            self.time.as_secs_f64(),
            counted(rate(*events, self.time), "event"),
            bytes(rate(*size, self.time)),
        )
    }
}
