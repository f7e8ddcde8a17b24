//! Eviction: a reader that holds the writer back for longer than its `evict_after` is evicted, told so
//! exactly, and can rejoin; every other reader is never evicted.

#[path = "../common/mod.rs"]
mod common;

mod borrowing;
mod clones;
mod conditions;
mod dependents;
mod patience;
mod reading;
mod refusals;
mod rejoining;
mod rig;
