//! Writers and readers come and go at any time, and nobody who has left, or is silent, holds anybody up.

#![cfg(not(all(loom, feature = "loom")))]

#[path = "../common/mod.rs"]
mod common;

mod coming_and_going;
mod drops;
mod ending;
mod eviction;
mod joining;
mod nobody_waits;
