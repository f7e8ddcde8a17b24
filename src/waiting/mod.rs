//! How threads and tasks wait, and how they are woken.
//!
//! A wait spins, yields and then sleeps at an event count, which wakes it without a lost
//! wake-up (I7). Pacing keeps a reader that is as fast as the writer out of the writer's way.
//!
//! May use: `sync`.

#![forbid(unsafe_code)]

mod event_count;
mod pacing;
mod parker;
mod place;
mod strategy;

pub(crate) use event_count::{EventCount, Owner};
pub(crate) use pacing::Pacing;
pub(crate) use parker::Parker;
pub(crate) use place::Place;
pub use strategy::Wait;
