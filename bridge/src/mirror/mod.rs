//! The reader's side: a ring that has what the stream has, under the same sequences.
//!
//! - `builder`: how a mirror is started
//! - `handle`: the handle
//! - `place`: where in the stream an event is
//! - `run`: the task that reads the stream; `following`: the thread that reads an embedded one
//! - `events`: from frames into the ring
//! - `status`: what the task and the handle have in common; `stats`, `metrics`: how it is doing
//! - `failure`: how it has ended

mod builder;
mod events;
mod failure;
mod following;
mod handle;
#[cfg(feature = "metrics")]
mod metrics;
mod place;
mod run;
mod stats;
mod status;

pub use builder::MirrorBuilder;
pub use failure::{MirrorEnd, MirrorError};
pub use handle::Mirror;
pub use stats::MirrorStats;
