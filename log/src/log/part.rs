//! A segment that is being written: what of it is on the disk, what is in the file, and what is in memory.

use std::io;

use zerocopy::IntoBytes;
use zerocopy::little_endian::U64;

use super::sealed::Sealed;
use crate::codec::{CodecId, SchemaId};
use crate::error::FileError;
use crate::format::{
    Described, FRAME_HEADER, FrameHeader, IndexEntry, Kind, LogId, SEGMENT_HEADER, Seal,
    SealTrailer, Seed, SegmentHeader, encode_frame,
};
use crate::segment::{self, Segment, Step};
use crate::storage::{Mode, Storage, StoredFile, read_full};

/// What a segment is called until it has a header.
const NEW: &str = "segment.new";

/// For every so many bytes of a segment there is an entry in its index.
const INDEXED: u64 = 256 * 1024;

/// An index of the frames of a segment.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<IndexEntry>,
    frames: u64,
    first_stamp: u64,
}

impl Index {
    /// Notes a frame.
    pub(super) fn note(&mut self, offset: u64, header: &FrameHeader) {
        self.add(offset, header.first.get(), header.stamp.get());
    }

    /// An offset before all frames that have events from a sequence on.
    pub(super) fn before(&self, sequence: u64) -> u64 {
        let index = self.entries.partition_point(|entry| entry.first.get() <= sequence);
        index.checked_sub(1).map_or(SEGMENT_HEADER as u64, |index| self.entries[index].offset.get())
    }

    fn add(&mut self, offset: u64, first: u64, stamp: u64) {
        if self.frames == 0 {
            self.first_stamp = stamp;
        }
        self.frames += 1;
        if self.entries.last().is_none_or(|last| offset - last.offset.get() >= INDEXED) {
            self.entries.push(IndexEntry {
                first: first.into(),
                offset: offset.into(),
                stamp: stamp.into(),
            });
        }
    }
}

/// A segment that is being written.
///
/// All that is not yet on the disk is kept in memory, because after a failure to sync nothing is known about it:
/// it is then written once more.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) first: u64,
    seed: Seed,
    log: LogId,
    file: Option<Segment>,
    /// Where `bytes` begins in the file.
    at: u64,
    /// What is not known to be on the disk.
    bytes: Vec<u8>,
    /// How much of `bytes` is in the file.
    written: usize,
    /// Where in the file the part begins that is not known to be on the disk: at `at`, unless there are bytes that are
    /// in the file and no longer in memory.
    synced: u64,
    /// Whether syncing has failed, so that what is in the file only may be lost.
    lost: bool,
    index: Index,
    /// What the segment is, if it is full: then its seal is in `bytes`, or on the disk.
    sealed: Option<Sealed>,
}

impl Part {
    /// Begins a segment. Its file is made when it is first written.
    pub(super) fn new(log: LogId, first: u64) -> Self {
        Self {
            first,
            seed: log.seed(),
            log,
            file: None,
            at: SEGMENT_HEADER as u64,
            bytes: Vec::new(),
            written: 0,
            synced: SEGMENT_HEADER as u64,
            lost: false,
            index: Index::default(),
            sealed: None,
        }
    }

    /// Goes on with a segment.
    pub(super) fn reopened(segment: Segment, end: u64, index: Index) -> Self {
        Self {
            first: segment.first,
            seed: segment.seed,
            // The file is there, so nobody asks for its header.
            log: LogId::from_bytes([0; 16]),
            file: Some(segment),
            at: end,
            bytes: Vec::new(),
            written: 0,
            synced: end,
            lost: false,
            index,
            sealed: None,
        }
    }

    /// The length of the segment with what is in memory.
    pub(super) fn size(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }

    /// How many bytes are in memory because they are not on the disk.
    pub(super) fn unsynced(&self) -> usize {
        self.bytes.len()
    }

    /// How many of them are not in the file either.
    pub(super) fn unwritten(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Whether it has a file.
    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Whether it has no file, and nothing that would be in it.
    pub(super) fn is_empty(&self) -> bool {
        self.file.is_none() && self.bytes.is_empty()
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    /// What the segment is, if it is full and all of it is on the disk.
    pub(super) fn sealed_as(&self) -> Option<Sealed> {
        let sealed = self.sealed?;
        self.bytes.is_empty().then_some(Sealed { bytes: self.at, ..sealed })
    }

    /// Leaves room for the header of a frame, and returns where that is in [`bytes`](Self::bytes).
    pub(super) fn begin_frame(&mut self) -> usize {
        let at = self.bytes.len();
        self.bytes.resize(at + FRAME_HEADER, 0);
        at
    }

    /// What the payload of a frame that was begun is appended to.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends a frame, and returns its length.
    pub(super) fn end_frame(&mut self, at: usize, described: Described) -> usize {
        encode_frame(&mut self.bytes, at, Kind::Events, described, self.seed);
        self.index.add(self.at + at as u64, described.first, described.stamp);
        self.bytes.len() - at
    }

    /// Takes back a frame that was begun.
    pub(super) fn abandon_frame(&mut self, at: usize) {
        self.bytes.truncate(at);
    }

    /// Ends the segment: nothing more can be appended to it.
    pub(super) fn seal(&mut self, end: u64, synced: u64, last_stamp: u64) {
        let offset = self.size();
        let at = self.begin_frame();
        let seal = Seal {
            frames: self.index.frames.into(),
            first_stamp: self.index.first_stamp.into(),
            last_stamp: U64::new(last_stamp),
        };
        self.bytes.extend_from_slice(seal.as_bytes());
        self.bytes.extend_from_slice(self.index.entries.as_bytes());
        let described = Described {
            first: end,
            count: 0,
            record_size: 0,
            stamp: last_stamp,
            epoch: 0,
            synced,
            codec: CodecId(0),
            schema: SchemaId(0),
        };
        encode_frame(&mut self.bytes, at, Kind::Seal, described, self.seed);
        self.bytes
            .extend_from_slice(SealTrailer::new(offset, end, last_stamp, self.seed).as_bytes());
        self.sealed = Some(Sealed { first: self.first, end, bytes: self.size(), last_stamp });
    }

    /// Makes the file, with its header, durably.
    pub(super) fn create(&mut self, storage: &dyn Storage, now: u64) -> Result<(), FileError> {
        let name = segment::name(self.first);
        let path = storage.describe(&name);
        // Under another name until its header is on the disk: a segment that is there can be read.
        let create = || {
            let file = storage.open(NEW, Mode::CreateOrWrite)?;
            file.set_size(0)?;
            file.write_all_at(SegmentHeader::new(self.log, self.first, now).as_bytes(), 0)?;
            file.sync()?;
            storage.rename(NEW, &name)?;
            storage.sync_names()?;
            Ok(file)
        };
        let file: Box<dyn StoredFile> =
            create().map_err(|error| FileError::new("create", &*path, error))?;
        self.file = Some(Segment {
            file: file.into(),
            path,
            first: self.first,
            created: now,
            seed: self.seed,
        });
        Ok(())
    }

    /// Writes what is in memory to the file.
    pub(super) fn write(&mut self) -> Result<usize, FileError> {
        self.take_back()?;
        let Some(segment) = &self.file else {
            return Ok(0);
        };
        let bytes = &self.bytes[self.written..];
        if !bytes.is_empty() {
            segment
                .file
                .write_all_at(bytes, self.at + self.written as u64)
                .map_err(|error| FileError::new("write", &*segment.path, error))?;
        }
        let written = bytes.len();
        self.written = self.bytes.len();
        Ok(written)
    }

    /// Syncs what was written. After a failure all of it counts as not written.
    pub(super) fn sync(&mut self) -> Result<(), FileError> {
        let Some(segment) = &self.file else {
            return Ok(());
        };
        if let Err(error) = segment.file.sync() {
            let error = FileError::new("sync", &*segment.path, error);
            self.written = 0;
            // If this fails, it is tried again before the next sync.
            self.lost = true;
            return Err(error);
        }
        self.forget_written();
        self.synced = self.at;
        Ok(())
    }

    /// Takes back into memory what is in the file only, and could not be synced: it has to be written again. What is
    /// read must be what was written.
    fn take_back(&mut self) -> Result<(), FileError> {
        let Some(segment) = self.file.as_ref().filter(|_| self.lost) else {
            return Ok(());
        };
        let failed = |error| FileError::new("read", &*segment.path, error);
        let mut cursor = segment.frames(self.synced);
        while cursor.offset() < self.at {
            if !matches!(cursor.step()?, Step::Frame(..)) {
                return Err(failed(io::Error::other(format!(
                    "what could not be synced is lost from byte {} on",
                    cursor.offset()
                ))));
            }
        }
        let mut bytes = vec![0; (self.at - self.synced) as usize];
        read_full(&*segment.file, &mut bytes, self.synced).map_err(failed)?;
        self.bytes.splice(..0, bytes);
        self.at = self.synced;
        self.lost = false;
        Ok(())
    }

    /// Gives up the memory of what was written.
    pub(super) fn forget_written(&mut self) {
        self.at += self.written as u64;
        if self.written == self.bytes.len() {
            self.bytes.clear();
        } else {
            self.bytes.drain(..self.written);
        }
        self.written = 0;
    }
}
