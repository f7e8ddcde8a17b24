//! Futures, streams and sinks: tasks read and publish on the same ring as threads, and a
//! cancelled future loses no event and leaves no waker behind.

#[path = "../common/mod.rs"]
mod common;

mod cancelling;
mod delivery;
mod ending;
mod pipes;
mod rig;
mod sinks;
mod types;
mod wait_sets;
mod waiting;
mod wakers;
