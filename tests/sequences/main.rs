//! A stream may start at any sequence, up to the last there is, and a reader at any event that is
//! retained.

#[path = "../common/mod.rs"]
mod common;

mod first;
mod joining;
