//! Where a handle sleeps.

#![forbid(unsafe_code)]

use super::event_count::EventCount;

/// The event count at which a handle sleeps, and the position that it waits for there.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    pub(crate) events: &'p EventCount,
    pub(crate) threshold: u64,
}
