//! A ring of records: bytes of any length, on the same protocol as a ring of events.
//!
//! May use: `handles/shared`, `handles/reading`, `handles/writing`, and the layers below.

mod batch;
mod builder;
mod reader;
mod record;
mod ring;
mod writer;

pub use batch::{ByteBatch, Records};
pub use builder::{ByteReaderBuilder, ByteRingBuilder};
pub use reader::ByteReader;
pub use record::Record;
pub use ring::ByteRing;
pub use writer::ByteWriter;
