//! A segment that is open.

use std::sync::Arc;

use super::cursor::FrameCursor;
use super::naming::name;
use crate::error::{Damage, DamageKind, FileError, OpenError};
use crate::format::{
    HeaderError, LogId, SEAL_TRAILER, SEGMENT_HEADER, SealTrailer, Seed, SegmentHeader,
};
use crate::storage::{Mode, Storage, StoredFile, read_full};

/// A segment that is open for reading, and whose header is what was written.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) file: Arc<dyn StoredFile>,
    /// The file as messages name it.
    pub(crate) path: String,
    pub(crate) first: u64,
    /// When it was begun, in nanoseconds since 1970.
    pub(crate) created: u64,
    pub(crate) seed: Seed,
}

/// A segment whose header cannot be used.
#[derive(Debug)]
pub(crate) enum SegmentError {
    Damaged(Damage),
    Newer { file: String, version: u32 },
    File(FileError),
}

impl From<SegmentError> for OpenError {
    fn from(error: SegmentError) -> Self {
        match error {
            SegmentError::Damaged(damage) => Self::Damaged(damage),
            SegmentError::Newer { file, version } => Self::NewerFormat { file, version },
            SegmentError::File(error) => Self::File(error),
        }
    }
}

impl Segment {
    /// Opens the segment that begins with a sequence, and checks that it is that one.
    pub(crate) fn open(
        storage: &dyn Storage,
        log: LogId,
        first: u64,
        mode: Mode,
    ) -> Result<Self, SegmentError> {
        let name = name(first);
        let path = storage.describe(&name);
        let file = storage
            .open(&name, mode)
            .map_err(|error| SegmentError::File(FileError::new("open", &*path, error)))?;
        let mut bytes = [0; SEGMENT_HEADER];
        let read = read_full(&*file, &mut bytes, 0)
            .map_err(|error| SegmentError::File(FileError::new("read", &*path, error)))?;
        let damaged = |kind| SegmentError::Damaged(Damage::new(&path, 0, first..u64::MAX, kind));
        let header = SegmentHeader::parse(&bytes[..read]).map_err(|error| match error {
            HeaderError::Version(version) => SegmentError::Newer { file: path.clone(), version },
            HeaderError::Short | HeaderError::Magic | HeaderError::Checksum => {
                damaged(DamageKind::Header)
            }
        })?;
        if header.log() != log {
            return Err(damaged(DamageKind::OtherLog { found: header.log() }));
        }
        if header.first() != first {
            return Err(damaged(DamageKind::Misnamed { found: header.first().into() }));
        }
        Ok(Self { file: file.into(), path, first, created: header.created(), seed: log.seed() })
    }

    /// Reads the trailer behind the seal, if the file ends with one, and returns it with the file's length.
    pub(crate) fn trailer(&self) -> Result<(Option<SealTrailer>, u64), FileError> {
        let failed = |error| FileError::new("read", &*self.path, error);
        let size = self.file.size().map_err(failed)?;
        let Some(at) =
            size.checked_sub(SEAL_TRAILER as u64).filter(|at| *at >= SEGMENT_HEADER as u64)
        else {
            return Ok((None, size));
        };
        let mut bytes = [0; SEAL_TRAILER];
        let read = read_full(&*self.file, &mut bytes, at).map_err(failed)?;
        let trailer = SealTrailer::parse(&bytes[..read], self.seed);
        Ok((trailer.filter(|trailer| trailer.offset.get() < at), size))
    }

    /// Reads the frames from an offset on.
    pub(crate) fn frames(&self, offset: u64) -> FrameCursor {
        FrameCursor::new(Arc::clone(&self.file), self.path.clone(), self.seed, offset)
    }
}
