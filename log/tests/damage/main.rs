//! After any damage a log gives an error that names the place, or the events from the first on as they were
//! pushed: never another event, never one that is missed.

#[path = "../common/mod.rs"]
mod common;

mod bytes;
mod files;
mod lengths;
mod sample;
