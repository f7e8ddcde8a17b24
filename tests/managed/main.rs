//! Readers with threads of their own: how they start, what they are given, how they end,
//! and how a group of them is started and shut down.

#[path = "../common/mod.rs"]
mod common;

#[cfg(all(feature = "affinity", not(miri)))]
mod affinity;
mod events;
mod groups;
mod handlers;
mod panics;
mod shutdown;
mod spawning;
mod stopping;
