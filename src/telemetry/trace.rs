//! What the program's subscriber is told: who comes and goes, and who holds the writer up.
//!
//! Without the feature `tracing` these functions do nothing. None of them is called for an
//! event, and none under a lock: what a subscriber does is not ours to know.

#![forbid(unsafe_code)]

pub(crate) use room::*;

#[cfg(feature = "tracing")]
mod room {
    use core::time::Duration;

    use tracing::{Level, event, field};

    use crate::member::Member;

    const TARGET: &str = "broadring";

    /// A reader or an observer has joined, and starts at `position`.
    pub(crate) fn joined(member: &Member, position: u64) {
        event!(target: TARGET, Level::DEBUG, %member, position, "joined");
    }

    /// A reader has gone on with the next event, and left so many out.
    pub(crate) fn rejoined(member: &Member, position: u64, missed: u64) {
        event!(target: TARGET, Level::DEBUG, %member, position, missed, "rejoined");
    }

    /// Somebody has left, who was at `position`.
    pub(crate) fn left(member: &Member, position: u64) {
        event!(target: TARGET, Level::DEBUG, %member, position, "left");
    }

    /// The writer, held up for so many nanoseconds, goes on without a reader.
    pub(crate) fn evicted(member: impl FnOnce() -> Option<Member>, position: u64, held: u64) {
        let held_seconds = seconds(held);
        event!(
            target: TARGET,
            Level::WARN,
            member = member().map(field::display),
            position,
            held_seconds,
            "evicted"
        );
    }

    /// The writer is gone.
    pub(crate) fn closed(published: impl FnOnce() -> u64) {
        event!(target: TARGET, Level::DEBUG, published = published(), "closed");
    }

    /// The writer, at `position`, finds the ring full.
    pub(crate) fn stall_begins(position: u64, holder: impl FnOnce() -> Option<Member>) {
        event!(
            target: TARGET,
            Level::TRACE,
            position,
            holder = holder().map(field::display),
            "the ring is full"
        );
    }

    /// The ring, which was full for so many nanoseconds, no longer is.
    pub(crate) fn stall_ends(stalled: u64) {
        let stalled_seconds = seconds(stalled);
        event!(target: TARGET, Level::TRACE, stalled_seconds, "the ring is no longer full");
    }

    fn seconds(nanoseconds: u64) -> f64 {
        Duration::from_nanos(nanoseconds).as_secs_f64()
    }
}

#[cfg(not(feature = "tracing"))]
mod room {
    use crate::member::Member;

    pub(crate) fn joined(_member: &Member, _position: u64) {}

    pub(crate) fn rejoined(_member: &Member, _position: u64, _missed: u64) {}

    pub(crate) fn left(_member: &Member, _position: u64) {}

    pub(crate) fn evicted(_member: impl FnOnce() -> Option<Member>, _position: u64, _held: u64) {}

    pub(crate) fn closed(_published: impl FnOnce() -> u64) {}

    pub(crate) fn stall_begins(_position: u64, _holder: impl FnOnce() -> Option<Member>) {}

    pub(crate) fn stall_ends(_stalled: u64) {}
}
