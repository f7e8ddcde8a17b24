//! Every merged reader gets the events of all writers in one order, under the same positions, whatever
//! is done to writers, readers and batches, and wherever a writer loses its core.

#![cfg(not(all(loom, feature = "loom")))]

#[path = "../common/mod.rs"]
mod common;

mod handing_out;
mod interrupted;
mod model;
mod ops;
mod pair;
mod ties;
