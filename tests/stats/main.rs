//! Snapshots: positions, counters and stalls of a ring and its members, exact while nothing moves, and
//! which member holds the writer back.

#[path = "../common/mod.rs"]
mod common;

mod counters;
mod holders;
mod members;
mod positions;
mod refusals;
mod rig;
