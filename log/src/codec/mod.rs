//! Codecs: how an event becomes a record of bytes, and is made of one again.

mod bytes;
mod coding;
mod error;
mod fixed;
mod identity;
mod postcard;

pub use self::bytes::Bytes;
pub use self::coding::Codec;
pub use self::error::{DecodeError, EncodeError};
pub use self::fixed::Fixed;
pub use self::identity::{CodecId, SchemaId};
pub use self::postcard::Postcard;
