//! What a journal tells of itself.

use core::fmt;
use std::time::Duration;

use crate::stats::LogStats;

/// How a journal is doing, at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct JournalStats {
    /// What its log counts.
    pub log: LogStats,
    /// How many events are published and not yet on the disk.
    pub lag: u64,
    /// For how long it has gone on in memory, if it does.
    pub in_memory: Option<Duration>,
    /// Why it has stopped, if it has.
    pub failure: Option<String>,
}

impl fmt::Display for JournalStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {} events not yet on the disk", self.log, self.lag)?;
        if let Some(time) = self.in_memory {
            write!(f, "; in memory only for {time:.1?}")?;
        }
        match &self.failure {
            Some(failure) => write!(f, "; stopped: {failure}"),
            None => Ok(()),
        }
    }
}
