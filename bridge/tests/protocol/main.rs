//! The protocol against every server and network that its assumptions allow: `docs/protocol.md` says which.
//!
//! - `world`: messages, frames, and a stream as the servers keep it
//! - `hostile`: candidates and writers, driven by a server and a network that do the worst they may
//! - `calm`: what has to come of any such state when the faults stop
//! - `explore`: every state of small worlds, one by one
//! - `controls`: the same exploration finds the faults of protocols that are slightly wrong
//! - `simulate`: long runs at random, with servers that answer as the real ones do
//! - `ids`, `chain`, `claimant`, `sender`: the parts alone

mod calm;
mod chain;
mod claimant;
mod controls;
mod explore;
mod hostile;
mod ids;
mod sender;
mod simulate;
mod world;

/// Whether the long forms were asked for.
fn deep() -> bool {
    std::env::var_os("BROADRING_DEEP").is_some_and(|value| value != "0")
}
