//! The writer never overtakes the slowest reader: a full ring refuses an event or makes the writer
//! wait, until the slowest reader commits.

#[path = "../common/mod.rs"]
mod common;

mod blocking;
mod committing;
mod gating;
mod refusing;
mod rig;
mod time_limits;
