//! The protocol: which sequences may be written, which may be read, and who waits for whom.
//!
//! Nothing here knows the type of an event or touches a slot. It is compiled once, contains no
//! unsafe code, and is what the loom models check first. The invariants (I1 to I8) are listed
//! in `docs/design.md`.
//!
//! May use: `sync`, `sequence`, `member`, `telemetry`, `waiting`.

#![forbid(unsafe_code)]

mod barrier;
mod claim_window;
mod counters;
mod cursor;
mod editor_chain;
mod ending;
mod eviction;
mod gate;
mod gates;
mod joining;
mod registry;
mod sequencer;
mod stall_timers;
mod survey;

pub(crate) use barrier::Barrier;
pub(crate) use claim_window::ClaimWindow;
pub(crate) use editor_chain::Stage;
pub(crate) use ending::Ending;
pub(crate) use gate::Gate;
pub(crate) use joining::{Joined, Place, Refused, Start};
pub(crate) use sequencer::{Plan, Sequencer};
