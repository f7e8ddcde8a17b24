//! Readers join, are cloned and leave at any time, dropping the writer closes the ring, and
//! every handle works without the others.

#[path = "../common/mod.rs"]
mod common;

mod clones;
mod closing;
mod handles;
mod joining;
mod limits;
mod oldest;
mod rig;
