//! How a mirror is doing.

use std::time::Duration;

use broadring::Sequence;

/// How a mirror is doing: from [`Mirror::stats`](crate::Mirror::stats).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MirrorStats {
    /// The sequence after the last event that is in the ring.
    pub next: Sequence,
    /// The epoch of the writer that has sent it: 0 before the first message.
    pub epoch: u64,
    /// How many messages of the stream the server had not sent when it sent the last one.
    pub pending: u64,
    /// How many frames were read.
    pub frames: u64,
    /// The bytes of these frames.
    pub bytes: u64,
    /// How often the mirror had to begin to read anew, because it did not get on.
    pub restarts: u64,
    /// For how long it has not got on, if it does not.
    pub stalled: Option<Duration>,
    /// Why it has stopped, if it has.
    pub failure: Option<String>,
}
