//! A panic in code of the user leaves every handle usable, and a panic for misuse points at the
//! caller.

#[path = "../common/mod.rs"]
mod common;

mod locations;
mod recovery;
mod rig;
