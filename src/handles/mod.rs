//! The handles and their guards: the public face of a ring.
//!
//! They join the protocol, which says when a slot may be used, to the storage, which says where
//! it is. Each handle is a thin room over its inner one: `writing` and `reading` hold the steps
//! and the guards, and with `editor` the unsafe code that lends slots.
//!
//! May use: every layer below. Not: `managed`, `asynch`.

mod shared;

// The order of these three is that of the methods of `Ring` in its documentation.
mod ring_builder;

mod reader_builder;

mod upstream;

mod ring;

mod reading;
mod writing;

mod editor;
mod observer;
mod reader;
mod writer;

mod claiming;

mod bytes;

mod wait_set;

pub use bytes::{
    ByteBatch, ByteReader, ByteReaderBuilder, ByteRing, ByteRingBuilder, ByteWriter, Record,
    Records,
};
pub use editor::{EditBatch, EditIterMut, Editor};
pub use observer::{Glimpse, Observer};
pub use reader::{Events, Reader};
pub use reader_builder::ReaderBuilder;
pub use reading::{Batch, BatchEvents, BatchIter};
#[cfg(feature = "async")]
pub(crate) use reading::{ReaderCore, Release};
pub use ring::Ring;
pub use ring_builder::RingBuilder;
pub use upstream::Upstream;
#[cfg(feature = "async")]
pub(crate) use wait_set::{Registered, first_ready};
pub use wait_set::{WaitSet, Waitable};
pub use writer::Writer;
#[cfg(feature = "async")]
pub(crate) use writing::WriterCore;
pub use writing::{Claim, ClaimIterMut};
