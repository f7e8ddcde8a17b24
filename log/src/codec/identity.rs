//! The numbers of codecs, and of the versions of events' types.

use core::fmt;

/// The number of a codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodecId(pub(crate) u16);

impl CodecId {
    /// [`Bytes`](super::Bytes): the event is the record.
    pub const BYTES: Self = Self(1);
    /// [`Postcard`](super::Postcard).
    pub const POSTCARD: Self = Self(2);
    /// [`Fixed`](super::Fixed).
    pub const FIXED: Self = Self(3);

    /// The number of a codec of your own.
    pub const fn custom(number: u8) -> Self {
        Self(0x100 + number as u16)
    }

    /// Returns the number as it is in a frame.
    pub const fn to_u16(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CodecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BYTES => f.write_str("bytes"),
            Self::POSTCARD => f.write_str("postcard"),
            Self::FIXED => f.write_str("fixed"),
            Self(number @ 0x100..0x200) => write!(f, "custom {}", number - 0x100),
            Self(number) => write!(f, "unknown {number}"),
        }
    }
}

/// The number of a version of an event's type. What it means is yours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(pub u32);

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
