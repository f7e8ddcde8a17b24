//! Managed readers: how a reader thread starts, what its handler gets, how it ends, and how a group
//! of threads starts and shuts down.

#[path = "../common/mod.rs"]
mod common;

#[cfg(all(feature = "affinity", not(miri)))]
mod affinity;
mod events;
mod groups;
mod panics;
mod rig;
mod shutdown;
mod spawning;
mod stopping;
