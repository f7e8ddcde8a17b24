//! The errors of this crate. Those of reading and publishing are the ring's own.

#![forbid(unsafe_code)]

mod clock;
mod joining;

pub use clock::{ClockExhausted, TooFarAhead};
pub use joining::SubscribeError;
