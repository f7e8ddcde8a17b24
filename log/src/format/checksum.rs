//! Checksums, and the identity of a log that goes into each of them.

use core::fmt;
use std::io;

/// The identity of a log: 16 random bytes, chosen when the log is created.
///
/// Every checksum in a log begins with it. So what belongs to another log does not pass for a part of
/// this one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogId([u8; 16]);

impl LogId {
    /// Makes an identity from bytes, for instance those of another log that this one is a copy of.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Chooses an identity at random.
    ///
    /// # Errors
    ///
    /// If the system has no randomness to give.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What the checksums of this log begin with.
    pub(crate) fn seed(self) -> Seed {
        Seed(crc32c::crc32c(&self.0))
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

/// The checksum of a log's identity, which the other checksums go on from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(u32);

impl Seed {
    /// The seed of what belongs to no log in particular.
    pub(crate) const NONE: Self = Self(0);

    /// Returns the CRC-32C of the identity followed by these bytes.
    pub(crate) fn checksum(self, bytes: &[u8]) -> u32 {
        crc32c::crc32c_append(self.0, bytes)
    }
}
