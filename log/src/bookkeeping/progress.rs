//! How far a log has come, in a small file for those who read it in other processes.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::format::Seed;

/// The name of the file that says how far the log has come.
pub(crate) const PROGRESS: &str = "progress";

const MAGIC: U32 = U32::from_bytes(*b"brpr");

/// How far a log has come.
///
/// The file is written after what it tells of, and not synced. So it may be behind, and never ahead: whoever
/// finds less in the log has lost something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Everything before is as durable as the log's policy promises.
    pub(crate) committed: u64,
    /// Everything before is on the disk.
    pub(crate) synced: u64,
}

#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct Bytes {
    magic: U32,
    checksum: U32,
    committed: U64,
    synced: U64,
}

impl Progress {
    pub(crate) const SIZE: usize = size_of::<Bytes>();

    pub(crate) fn to_bytes(self, seed: Seed) -> [u8; Self::SIZE] {
        let mut bytes = Bytes {
            magic: MAGIC,
            checksum: 0.into(),
            committed: self.committed.into(),
            synced: self.synced.into(),
        };
        bytes.checksum = seed.checksum(bytes.as_bytes()).into();
        zerocopy::transmute!(bytes)
    }

    /// Reads it, or nothing if these bytes are none of this log, or were being written.
    pub(crate) fn parse(bytes: &[u8], seed: Seed) -> Option<Self> {
        let bytes = Bytes::read_from_bytes(bytes).ok()?;
        let expected = seed.checksum(Bytes { checksum: 0.into(), ..bytes }.as_bytes());
        (bytes.magic == MAGIC && bytes.checksum.get() == expected)
            .then(|| Self { committed: bytes.committed.get(), synced: bytes.synced.get() })
    }
}
