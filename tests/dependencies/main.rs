//! Dependencies between readers: a dependent reads an event only after all its upstreams have committed
//! it, misses none, and is told when an upstream leaves too early.

#[path = "../common/mod.rs"]
mod common;

mod clones;
mod concurrent;
mod gates;
mod joining;
mod leaving;
mod order;
mod rig;
mod running;
mod waking;
