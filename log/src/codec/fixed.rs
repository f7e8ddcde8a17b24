//! The codec for events with a fixed layout in memory.

use core::fmt;
use core::marker::PhantomData;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::coding::Codec;
use super::error::{DecodeError, EncodeError};
use super::identity::{CodecId, SchemaId};

/// Writes events as their bytes in memory, and lends them from the log without a copy.
///
/// The type says through [`zerocopy`]'s derives that any bytes are a value of it and that it has no padding. If
/// logs are to be read on machines of the other byte order, take its `little_endian` numbers.
///
/// # Examples
///
/// ```
/// use broadring_log::codec::{Codec, Fixed};
/// use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};
///
/// #[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
/// #[repr(C)]
/// struct Trade {
///     price: u64,
///     amount: u64,
/// }
///
/// let codec = Fixed::<Trade>::new(1);
/// assert_eq!(codec.record_size(), Some(16));
/// ```
pub struct Fixed<T> {
    schema: SchemaId,
    event: PhantomData<fn() -> T>,
}

impl<T> Fixed<T> {
    /// Makes the codec for a version of the type. A type of another size or meaning needs another number.
    ///
    /// A type of no size, or one that has to be aligned to more than 8 bytes, does not compile.
    pub const fn new(schema: u32) -> Self {
        const {
            assert!(size_of::<T>() > 0, "an event of no size has no record");
            assert!(align_of::<T>() <= 8, "records are aligned to 8 bytes at most");
        }
        Self { schema: SchemaId(schema), event: PhantomData }
    }
}

impl<T> Clone for Fixed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fixed<T> {}

impl<T> fmt::Debug for Fixed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixed").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl<T: FromBytes + IntoBytes + Immutable + KnownLayout + 'static> Codec for Fixed<T> {
    type Event = T;
    type View<'a> = &'a T;

    fn id(&self) -> CodecId {
        CodecId::FIXED
    }

    fn schema(&self) -> SchemaId {
        self.schema
    }

    fn record_size(&self) -> Option<usize> {
        Some(size_of::<T>())
    }

    fn encode(&self, event: &T, record: &mut Vec<u8>) -> Result<(), EncodeError> {
        record.extend_from_slice(event.as_bytes());
        Ok(())
    }

    fn view<'a>(&self, _: SchemaId, record: &'a [u8]) -> Result<&'a T, DecodeError> {
        T::ref_from_bytes(record).map_err(|_| wrong_size::<T>(record))
    }

    fn decode(&self, _: SchemaId, record: &[u8]) -> Result<T, DecodeError> {
        T::read_from_bytes(record).map_err(|_| wrong_size::<T>(record))
    }
}

fn wrong_size<T>(record: &[u8]) -> DecodeError {
    DecodeError::new(format!("it has {} bytes, and the type has {}", record.len(), size_of::<T>()))
}
