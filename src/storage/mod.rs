//! The storage: the slots of a ring, packed into cache lines, or its bytes.
//!
//! It finds the address of a slot or of a record, and keeps the stamps beside them. It does not know
//! when one may be read or written: the handles do. The unsafe code of the crate is here and in the
//! guards of the handles.
//!
//! May use: `sync`.

mod borrow_tracking;
mod bytes;
mod lookahead;
mod memory;
mod prefetch;
mod slots;
#[allow(clippy::module_inception, reason = "the trait of the layer")]
mod storage;
mod walk;

pub(crate) use borrow_tracking::{ReadBorrow, WriteBorrow};
pub(crate) use bytes::{ALIGN, Bytes, Header, span};
pub(crate) use slots::{Block, Slots};
pub(crate) use storage::Storage;
pub(crate) use walk::Walk;
