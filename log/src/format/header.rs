//! The header of a segment: the first 64 bytes of each file of frames.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::checksum::{LogId, Seed};

/// The version of the format that this library writes, and the only one that it reads.
pub(crate) const VERSION: u32 = 1;

/// The length of a segment's header in bytes.
pub(crate) const SEGMENT_HEADER: usize = size_of::<SegmentHeader>();

/// What a segment begins with. The line end of both kinds and the end-of-file character, as in other formats,
/// betray a file that was copied as text.
const MAGIC: [u8; 8] = *b"brlog\r\n\x1a";

/// The header of a segment.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct SegmentHeader {
    magic: [u8; 8],
    version: U32,
    checksum: U32,
    log: [u8; 16],
    first: U64,
    created: U64,
    reserved: [u8; 16],
}

impl SegmentHeader {
    pub(crate) fn new(log: LogId, first: u64, created: u64) -> Self {
        let mut header = Self {
            magic: MAGIC,
            version: VERSION.into(),
            checksum: 0.into(),
            log: log.to_bytes(),
            first: first.into(),
            created: created.into(),
            reserved: [0; 16],
        };
        header.checksum = header.computed().into();
        header
    }

    /// The checksum of everything else in the header.
    fn computed(&self) -> u32 {
        Seed::NONE.checksum(Self { checksum: 0.into(), ..*self }.as_bytes())
    }

    /// Reads a header, or says what is wrong with it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let (header, _) = Self::read_from_prefix(bytes).map_err(|_| HeaderError::Short)?;
        if header.magic != MAGIC {
            return Err(HeaderError::Magic);
        }
        if header.checksum.get() != header.computed() {
            return Err(HeaderError::Checksum);
        }
        match header.version.get() {
            VERSION => Ok(header),
            version => Err(HeaderError::Version(version)),
        }
    }

    /// The log that the segment belongs to.
    pub(crate) fn log(&self) -> LogId {
        LogId::from_bytes(self.log)
    }

    /// The sequence of the first event.
    pub(crate) fn first(&self) -> u64 {
        self.first.get()
    }

    /// When the segment was begun, in nanoseconds since 1970.
    pub(crate) fn created(&self) -> u64 {
        self.created.get()
    }
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// The file is shorter than a header.
    Short,
    /// It is no segment.
    Magic,
    /// Bytes have changed.
    Checksum,
    /// A version that this library does not know.
    Version(u32),
}
