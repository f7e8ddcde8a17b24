//! What a log has said to be durable is there after the power was cut, and after whatever the disk has refused.

#[path = "../common/mod.rs"]
mod common;

mod failures;
mod full;
mod journal;
mod power;
mod stream;
