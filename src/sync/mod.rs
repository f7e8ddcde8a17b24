//! Synchronization primitives: what every other layer is built from.
//!
//! [`primitives`] is the only door to atomics, locks and threads (std's or loom's). The other
//! modules know nothing of rings either: an asymmetric fence, a counter with a single writer, a value
//! that is made on demand, and cleanup that also runs after a panic.
//!
//! May use: nothing else of this crate.

#![forbid(unsafe_code)]

mod counter;
mod fences;
mod on_demand;
mod primitives;
mod unwind;

pub(crate) use counter::Counter;
pub(crate) use fences::{Fences, full, light};
pub(crate) use on_demand::OnDemand;
pub(crate) use primitives::*;
pub(crate) use unwind::{Finally, for_every};
