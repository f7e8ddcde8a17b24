//! A segment that is full.

/// A segment that is full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sealed {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) bytes: u64,
    pub(super) last_stamp: u64,
}
