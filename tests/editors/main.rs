//! Editors: they change every event in place, one after the other, before any reader sees it,
//! and an editor that leaves too early is named to the writer, the other editors and the readers.

#[path = "../common/mod.rs"]
mod common;

mod backpressure;
mod batches;
mod leaving;
mod order;
mod panics;
mod rig;
mod waking;
