//! What a codec does.

use super::error::{DecodeError, EncodeError};
use super::identity::{CodecId, SchemaId};

/// Turns events into records of bytes, and back.
///
/// The [codec's](Self::id) and the [schema's](Self::schema) numbers are in each frame. So a log that is read
/// with another codec answers with an error, and a codec can read the records of older versions of a type.
///
/// # Examples
///
/// One of your own, for lines of text:
///
/// ```
/// use broadring_log::codec::{Codec, CodecId, DecodeError, EncodeError, SchemaId};
///
/// struct Text;
///
/// impl Codec for Text {
///     type Event = String;
///     type View<'a> = &'a str;
///
///     fn id(&self) -> CodecId {
///         CodecId::custom(1)
///     }
///     fn encode(&self, event: &String, record: &mut Vec<u8>) -> Result<(), EncodeError> {
///         record.extend_from_slice(event.as_bytes());
///         Ok(())
///     }
///     fn view<'a>(&self, _: SchemaId, record: &'a [u8]) -> Result<&'a str, DecodeError> {
///         std::str::from_utf8(record).map_err(DecodeError::new)
///     }
///     fn decode(&self, schema: SchemaId, record: &[u8]) -> Result<String, DecodeError> {
///         Ok(self.view(schema, record)?.to_owned())
///     }
/// }
/// ```
pub trait Codec {
    /// What the ring has.
    type Event;

    /// What a record is read as: the event itself, or something that borrows from the record.
    type View<'a>;

    /// The number of the codec, which is in each frame.
    fn id(&self) -> CodecId;

    /// The number of the version of the event's type that is written.
    fn schema(&self) -> SchemaId {
        SchemaId(0)
    }

    /// Whether records of a version of the type can be read. Only those of the version that is written, unless
    /// a codec says otherwise.
    fn reads(&self, schema: SchemaId) -> bool {
        schema == self.schema()
    }

    /// The length of every record in bytes, if all have the same.
    fn record_size(&self) -> Option<usize> {
        None
    }

    /// Appends the record of an event.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the event cannot be written down. What was appended then is taken back.
    fn encode(&self, event: &Self::Event, record: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Reads a record in place.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are no such event.
    fn view<'a>(&self, schema: SchemaId, record: &'a [u8]) -> Result<Self::View<'a>, DecodeError>;

    /// Makes an event of a record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are no such event.
    fn decode(&self, schema: SchemaId, record: &[u8]) -> Result<Self::Event, DecodeError>;
}
