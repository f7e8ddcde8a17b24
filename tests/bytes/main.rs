//! A ring of records carries bytes of any length, in order, whole, and with nothing in between.

#[path = "../common/mod.rs"]
mod common;

mod delivery;
mod handles;
mod limits;
mod model;
mod reading;
mod rig;
mod waiting;
