//! Reads the frames of a file one after the other.

use core::ops::Range;
use std::sync::Arc;

use zerocopy::IntoBytes;

use crate::error::FileError;
use crate::format::{FRAME_HEADER, FrameHeader, Kind, Seed};
use crate::storage::{StoredFile, read_full};

/// How much is read at once, in bytes, unless a frame is longer.
const BLOCK: usize = 256 * 1024;

/// Reads the frames of a file one after the other, and checks them.
#[derive(Debug)]
pub(crate) struct FrameCursor {
    file: Arc<dyn StoredFile>,
    path: String,
    seed: Seed,
    /// Where the next frame begins in the file.
    offset: u64,
    /// What was read of the file. Of whole words, so that frames are aligned in it.
    buffer: Vec<u64>,
    /// Where the next frame begins in the buffer, and where what was read ends.
    start: usize,
    end: usize,
    /// Where the payload of the last frame is in the buffer.
    payload: Range<usize>,
}

/// What comes next in a file.
#[derive(Debug)]
pub(crate) enum Step {
    /// A frame whose checksums are right.
    Frame(Kind, FrameHeader),
    /// The end of the file.
    End,
    /// Something else than a whole frame.
    Invalid,
}

impl FrameCursor {
    pub(crate) fn new(file: Arc<dyn StoredFile>, path: String, seed: Seed, offset: u64) -> Self {
        Self { file, path, seed, offset, buffer: Vec::new(), start: 0, end: 0, payload: 0..0 }
    }

    /// Where the next frame begins in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes to another place in the file, where the next frame begins. What was read already is used.
    pub(crate) fn seek(&mut self, offset: u64) {
        let begins = self.offset - self.start as u64;
        match offset.checked_sub(begins).map(|place| place as usize) {
            Some(place) if place <= self.end => self.start = place,
            _ => self.forget(),
        }
        self.payload = 0..0;
        self.offset = offset;
    }

    /// Forgets what was read ahead: the file may have changed there.
    pub(crate) fn forget(&mut self) {
        (self.start, self.end, self.payload) = (0, 0, 0..0);
    }

    /// The payload of the frame that was returned last.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.buffer.as_bytes()[self.payload.clone()]
    }

    /// Reads the next frame. It stays where it is unless it returns one.
    pub(crate) fn step(&mut self) -> Result<Step, FileError> {
        match self.fill(FRAME_HEADER)? {
            0 => return Ok(Step::End),
            FRAME_HEADER.. => {}
            _ => return Ok(Step::Invalid),
        }
        let header = &self.buffer.as_bytes()[self.start..self.end];
        let Some(header) = FrameHeader::parse(header, self.seed) else {
            return Ok(Step::Invalid);
        };
        let Some(kind) = header.kind() else {
            return Ok(Step::Invalid);
        };
        let frame = header.frame();
        if self.end - self.start < frame {
            // The header is right, but the file may end too early, and memory is for what is there.
            let size =
                self.file.size().map_err(|error| FileError::new("read", &*self.path, error))?;
            if size.saturating_sub(self.offset) < frame as u64 || self.fill(frame)? < frame {
                return Ok(Step::Invalid);
            }
        }
        let payload = self.start + FRAME_HEADER..self.start + frame;
        if !header.matches(&self.buffer.as_bytes()[payload.clone()], self.seed) {
            return Ok(Step::Invalid);
        }
        self.payload = payload.start..payload.start + header.payload.get() as usize;
        self.start += frame;
        self.offset += frame as u64;
        Ok(Step::Frame(kind, header))
    }

    /// Makes sure that this many bytes of the next frame are in the buffer, if the file has them, and returns how
    /// many there are.
    fn fill(&mut self, wanted: usize) -> Result<usize, FileError> {
        let there = self.end - self.start;
        if there >= wanted {
            return Ok(there);
        }
        let words = wanted.max(BLOCK).div_ceil(size_of::<u64>());
        if self.buffer.len() < words {
            // Zeroed memory costs nothing until it is used.
            let mut buffer = vec![0; words];
            buffer.as_mut_bytes()[..there]
                .copy_from_slice(&self.buffer.as_bytes()[self.start..self.end]);
            self.buffer = buffer;
        } else {
            self.buffer.as_mut_bytes().copy_within(self.start..self.end, 0);
        }
        (self.start, self.end) = (0, there);
        let free = &mut self.buffer.as_mut_bytes()[there..];
        let read = read_full(&*self.file, free, self.offset + there as u64)
            .map_err(|error| FileError::new("read", &*self.path, error))?;
        self.end += read;
        Ok(self.end)
    }
}
