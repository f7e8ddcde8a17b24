//! Managed threads: how the thread of a reader, an observer or an editor starts, what its handler gets,
//! how it ends, and how a group of threads starts and shuts down.

#[path = "../common/mod.rs"]
mod common;

#[cfg(all(feature = "affinity", not(miri)))]
mod affinity;
mod editors;
mod events;
mod groups;
mod mixed;
mod observers;
mod panics;
mod rig;
mod shutdown;
mod spawning;
mod stopping;
