//! The codec for events that are bytes already.

use super::coding::Codec;
use super::error::{DecodeError, EncodeError};
use super::identity::{CodecId, SchemaId};

/// Writes events of bytes as they are, and lends them from the log without a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes;

impl Codec for Bytes {
    type Event = Vec<u8>;
    type View<'a> = &'a [u8];

    fn id(&self) -> CodecId {
        CodecId::BYTES
    }

    fn encode(&self, event: &Vec<u8>, record: &mut Vec<u8>) -> Result<(), EncodeError> {
        record.extend_from_slice(event);
        Ok(())
    }

    fn view<'a>(&self, _: SchemaId, record: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        Ok(record)
    }

    fn decode(&self, _: SchemaId, record: &[u8]) -> Result<Vec<u8>, DecodeError> {
        Ok(record.to_owned())
    }
}
