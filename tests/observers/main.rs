//! Observers: they see what is still in the ring, know exactly how much they have missed, and never
//! gate the writer between two looks.

#[path = "../common/mod.rs"]
mod common;

mod concurrent;
mod gating;
mod joining;
mod looking;
mod rig;
mod schedules;
mod waiting;
