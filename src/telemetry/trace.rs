//! Tracing events: which members come and go, and which one holds the writer back.
//!
//! Without the feature `tracing` these functions do nothing. None of them is called for each event
//! of the ring, and none under a lock, because a subscriber may do anything.

#![forbid(unsafe_code)]

pub(crate) use room::*;

#[cfg(feature = "tracing")]
mod room {
    use core::time::Duration;

    use tracing::{Level, event, field};

    use crate::member::Member;

    /// The name of the ring, if it has one.
    type Ring<'r> = Option<&'r str>;

    const TARGET: &str = "broadring";

    /// A reader or an observer has joined, and starts at `position`.
    pub(crate) fn joined(member: &Member, position: u64) {
        let (ring, member) = (member.ring(), member.within_ring());
        event!(target: TARGET, Level::DEBUG, ring, %member, position, "joined");
    }

    /// A reader has gone on with the next event, and has skipped `missed` events.
    pub(crate) fn rejoined(member: &Member, position: u64, missed: u64) {
        let (ring, member) = (member.ring(), member.within_ring());
        event!(target: TARGET, Level::DEBUG, ring, %member, position, missed, "rejoined");
    }

    /// A member has left at `position`.
    pub(crate) fn left(member: &Member, position: u64) {
        let (ring, member) = (member.ring(), member.within_ring());
        event!(target: TARGET, Level::DEBUG, ring, %member, position, "left");
    }

    /// The writer has evicted a reader that held it back for `held` nanoseconds.
    pub(crate) fn evicted(
        ring: Ring<'_>,
        member: impl FnOnce() -> Option<Member>,
        position: u64,
        held: u64,
    ) {
        let held_seconds = seconds(held);
        event!(
            target: TARGET,
            Level::WARN,
            ring,
            member = member().as_ref().map(Member::within_ring).map(field::display),
            position,
            held_seconds,
            "evicted"
        );
    }

    /// The writer is gone.
    pub(crate) fn closed(ring: Ring<'_>, published: impl FnOnce() -> u64) {
        event!(target: TARGET, Level::DEBUG, ring, published = published(), "closed");
    }

    /// The writer finds the ring full; the next event would be at `position`.
    pub(crate) fn stall_begins(
        ring: Ring<'_>,
        position: u64,
        holder: impl FnOnce() -> Option<Member>,
    ) {
        event!(
            target: TARGET,
            Level::TRACE,
            ring,
            position,
            holder = holder().as_ref().map(Member::within_ring).map(field::display),
            "the ring is full"
        );
    }

    /// The ring is no longer full, after `stalled` nanoseconds.
    pub(crate) fn stall_ends(ring: Ring<'_>, stalled: u64) {
        let stalled_seconds = seconds(stalled);
        event!(target: TARGET, Level::TRACE, ring, stalled_seconds, "the ring is no longer full");
    }

    fn seconds(nanoseconds: u64) -> f64 {
        Duration::from_nanos(nanoseconds).as_secs_f64()
    }
}

#[cfg(not(feature = "tracing"))]
mod room {
    use crate::member::Member;

    type Ring<'r> = Option<&'r str>;

    pub(crate) fn joined(_member: &Member, _position: u64) {}

    pub(crate) fn rejoined(_member: &Member, _position: u64, _missed: u64) {}

    pub(crate) fn left(_member: &Member, _position: u64) {}

    pub(crate) fn evicted(
        _ring: Ring<'_>,
        _member: impl FnOnce() -> Option<Member>,
        _position: u64,
        _held: u64,
    ) {
    }

    pub(crate) fn closed(_ring: Ring<'_>, _published: impl FnOnce() -> u64) {}

    pub(crate) fn stall_begins(
        _ring: Ring<'_>,
        _position: u64,
        _holder: impl FnOnce() -> Option<Member>,
    ) {
    }

    pub(crate) fn stall_ends(_ring: Ring<'_>, _stalled: u64) {}
}
