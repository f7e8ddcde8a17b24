//! The codec for whatever serde can serialize.

use core::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::coding::Codec;
use super::error::{DecodeError, EncodeError};
use super::identity::{CodecId, SchemaId};

/// How records of an older version are read.
type Upgrade<T> = Box<dyn Fn(&[u8]) -> Result<T, DecodeError> + Send + Sync>;

/// Writes events with serde, in the format of [postcard](https://postcard.jamesmunns.com/wire-format).
///
/// The format has no names and no types in it: a type that changes needs another
/// [schema number](Self::new), and can [read](Self::reading) what was written before.
///
/// # Examples
///
/// An event that has learned something:
///
/// ```
/// use broadring_log::codec::{Codec, Postcard, SchemaId};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize)]
/// struct OldOrder {
///     amount: u32,
/// }
///
/// #[derive(Debug, PartialEq, Deserialize, Serialize)]
/// struct Order {
///     amount: u64,
///     currency: String,
/// }
///
/// impl From<OldOrder> for Order {
///     fn from(old: OldOrder) -> Self {
///         Self { amount: old.amount.into(), currency: "EUR".to_owned() }
///     }
/// }
///
/// let mut record = Vec::new();
/// Postcard::<OldOrder>::new(1).encode(&OldOrder { amount: 5 }, &mut record)?;
///
/// let codec = Postcard::<Order>::new(2).reading::<OldOrder>(1);
/// let order = codec.decode(SchemaId(1), &record)?;
/// assert_eq!(order, Order { amount: 5, currency: "EUR".to_owned() });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Postcard<T> {
    schema: SchemaId,
    older: Vec<(SchemaId, Upgrade<T>)>,
}

impl<T> Postcard<T> {
    /// Makes the codec for a version of the type.
    pub const fn new(schema: u32) -> Self {
        Self { schema: SchemaId(schema), older: Vec::new() }
    }

    /// Makes the codec read the records of an older version as well.
    #[must_use]
    pub fn reading<Old: DeserializeOwned + Into<T>>(mut self, schema: u32) -> Self {
        self.older
            .push((SchemaId(schema), Box::new(|record| parse::<Old>(record).map(Into::into))));
        self
    }
}

impl<T> Default for Postcard<T> {
    /// The codec for version 0 of the type.
    fn default() -> Self {
        Self::new(0)
    }
}

impl<T> fmt::Debug for Postcard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older: Vec<_> = self.older.iter().map(|(schema, _)| schema).collect();
        f.debug_struct("Postcard").field("schema", &self.schema).field("older", &older).finish()
    }
}

impl<T: Serialize + DeserializeOwned> Codec for Postcard<T> {
    type Event = T;
    type View<'a> = T;

    fn id(&self) -> CodecId {
        CodecId::POSTCARD
    }

    fn schema(&self) -> SchemaId {
        self.schema
    }

    fn reads(&self, schema: SchemaId) -> bool {
        schema == self.schema || self.older.iter().any(|(older, _)| *older == schema)
    }

    fn encode(&self, event: &T, record: &mut Vec<u8>) -> Result<(), EncodeError> {
        postcard::to_io(event, record).map(|_| ()).map_err(EncodeError::new)
    }

    fn view(&self, schema: SchemaId, record: &[u8]) -> Result<T, DecodeError> {
        self.decode(schema, record)
    }

    fn decode(&self, schema: SchemaId, record: &[u8]) -> Result<T, DecodeError> {
        if schema == self.schema {
            return parse(record);
        }
        match self.older.iter().find(|(older, _)| *older == schema) {
            Some((_, upgrade)) => upgrade(record),
            None => Err(DecodeError::new(format!("version {schema} of the type is not known"))),
        }
    }
}

/// Makes a value of all the bytes of a record.
fn parse<T: DeserializeOwned>(record: &[u8]) -> Result<T, DecodeError> {
    match postcard::take_from_bytes(record).map_err(DecodeError::new)? {
        (event, []) => Ok(event),
        (_, rest) => Err(DecodeError::new(format!("{} bytes are left over", rest.len()))),
    }
}
