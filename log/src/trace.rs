//! Tracing events: what was recovered, sealed and removed, and when a journal cannot write.
//!
//! Without the feature `tracing` these functions do nothing. None of them is called for each event of the stream.

pub(crate) use room::*;

#[cfg(feature = "tracing")]
mod room {
    use core::fmt::Display;

    use tracing::{Level, event};

    const TARGET: &str = "broadring_log";

    /// A log was opened for writing, and goes on with `next`.
    pub(crate) fn opened(directory: &str, next: u64, cut: Option<&dyn Display>) {
        match cut {
            None => event!(target: TARGET, Level::DEBUG, directory, next, "opened"),
            Some(cut) => {
                event!(target: TARGET, Level::WARN, directory, next, %cut, "opened, after a crash")
            }
        }
    }

    /// A segment is full.
    pub(crate) fn sealed(first: u64, end: u64, bytes: u64) {
        event!(target: TARGET, Level::DEBUG, first, end, bytes, "a segment is full");
    }

    /// Old segments were removed.
    pub(crate) fn removed(first: u64, end: u64, segments: usize) {
        event!(target: TARGET, Level::DEBUG, first, end, segments, "old segments were removed");
    }

    /// Old segments could not be removed.
    pub(crate) fn not_removed(reason: &dyn Display) {
        event!(target: TARGET, Level::WARN, %reason, "old segments cannot be removed");
    }

    /// A journal cannot write, and goes on in memory.
    pub(crate) fn in_memory(reason: &dyn Display) {
        event!(target: TARGET, Level::WARN, %reason, "the journal goes on in memory");
    }

    /// A journal has caught up with what it had in memory.
    pub(crate) fn caught_up(next: u64) {
        event!(target: TARGET, Level::INFO, next, "the journal writes again");
    }

    /// A journal has stopped.
    pub(crate) fn stopped(reason: &dyn Display) {
        event!(target: TARGET, Level::ERROR, %reason, "the journal has stopped");
    }
}

#[cfg(not(feature = "tracing"))]
mod room {
    use core::fmt::Display;

    pub(crate) fn opened(_: &str, _: u64, _: Option<&dyn Display>) {}
    pub(crate) fn sealed(_: u64, _: u64, _: u64) {}
    pub(crate) fn removed(_: u64, _: u64, _: usize) {}
    pub(crate) fn not_removed(_: &dyn Display) {}
    pub(crate) fn in_memory(_: &dyn Display) {}
    pub(crate) fn caught_up(_: u64) {}
    pub(crate) fn stopped(_: &dyn Display) {}
}
