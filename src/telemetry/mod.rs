//! What a ring tells about itself: snapshots, metrics and tracing events.
//!
//! Plain data and its output formats. The layers above fill a snapshot in and emit the
//! events; nothing here looks at a ring.
//!
//! May use: `sync`, `sequence`, `member`.

#![forbid(unsafe_code)]

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "serde")]
mod seconds;
mod snapshot;
mod table;
#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
pub(crate) mod trace;

pub use snapshot::{MemberStats, Slowest, Stats, WriterStats};
pub(crate) use snapshot::{holding_back, slowest};
