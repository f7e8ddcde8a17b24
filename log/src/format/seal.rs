//! Seals: the last frame of a segment that is full, with an index of the segment, and a trailer by which the
//! seal is found from the end of the file.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::checksum::Seed;

/// The length of the trailer behind a seal in bytes.
pub(crate) const SEAL_TRAILER: usize = size_of::<SealTrailer>();

const MAGIC: U32 = U32::from_bytes(*b"brse");

/// Where a frame is, so that what is near it can be found: one entry for every so many bytes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub(crate) struct IndexEntry {
    /// The first event of the frame.
    pub(crate) first: U64,
    /// Where the frame begins in the file.
    pub(crate) offset: U64,
    /// The stamp of the frame.
    pub(crate) stamp: U64,
}

/// What a seal says of its segment. The entries of the index follow.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub(crate) struct Seal {
    pub(crate) frames: U64,
    pub(crate) first_stamp: U64,
    pub(crate) last_stamp: U64,
}

impl Seal {
    /// Takes the payload of a seal apart.
    pub(crate) fn parse(payload: &[u8]) -> Option<(&Self, &[IndexEntry])> {
        let (seal, entries) = Self::ref_from_prefix(payload).ok()?;
        Some((seal, <[IndexEntry]>::ref_from_bytes(entries).ok()?))
    }
}

/// The last bytes of a sealed segment.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct SealTrailer {
    magic: U32,
    checksum: U32,
    /// Where the seal begins in the file.
    pub(crate) offset: U64,
    /// The sequence after the last event of the segment.
    pub(crate) end: U64,
    /// The stamp of the last frame.
    pub(crate) last_stamp: U64,
}

impl SealTrailer {
    pub(crate) fn new(offset: u64, end: u64, last_stamp: u64, seed: Seed) -> Self {
        let mut trailer = Self {
            magic: MAGIC,
            checksum: 0.into(),
            offset: offset.into(),
            end: end.into(),
            last_stamp: last_stamp.into(),
        };
        trailer.checksum = trailer.computed(seed).into();
        trailer
    }

    fn computed(&self, seed: Seed) -> u32 {
        seed.checksum(Self { checksum: 0.into(), ..*self }.as_bytes())
    }

    /// Reads a trailer, or nothing if these bytes are none of this log.
    pub(crate) fn parse(bytes: &[u8], seed: Seed) -> Option<Self> {
        let (trailer, _) = Self::read_from_prefix(bytes).ok()?;
        (trailer.magic == MAGIC && trailer.checksum.get() == trailer.computed(seed))
            .then_some(trailer)
    }
}
