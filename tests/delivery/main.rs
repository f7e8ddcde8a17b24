//! Every reader gets every event, in order, from where it joined, with every way to read and
//! every way to publish.

#[path = "../common/mod.rs"]
mod common;

mod asking;
mod batches;
mod publish_all;
mod visibility;
mod ways;
