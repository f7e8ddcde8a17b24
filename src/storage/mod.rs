//! The storage: the slots of a ring, packed into cache lines.
//!
//! It finds the address of a slot, and keeps the stamps beside the slots. It does not know when a
//! slot may be read or written: the handles do. The unsafe code of the crate is here and in the
//! guards of the handles.
//!
//! May use: `sync`.

mod borrow_tracking;
mod prefetch;
mod slots;
mod walk;

pub(crate) use borrow_tracking::{ReadBorrow, WriteBorrow};
pub(crate) use slots::{Block, Slots};
pub(crate) use walk::Walk;
