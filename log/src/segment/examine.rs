//! Finds out what is behind a place where there is no frame.

use super::cursor::{FrameCursor, Step};
use super::opened::Segment;
use crate::error::FileError;
use crate::format::{FRAME_HEADER, FrameHeader, Kind};
use crate::storage::read_full;

/// How much is looked through at once, in bytes.
const BLOCK: usize = 256 * 1024;

/// What is behind a place where a frame should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beyond {
    /// The length of the file.
    pub(crate) size: u64,
    /// Whether there are other bytes than zeros.
    pub(crate) bytes: bool,
    /// How many whole frames there are.
    pub(crate) frames: u64,
    /// The first event of the first of them.
    pub(crate) resumes: Option<u64>,
    /// Where that one is in the file.
    pub(crate) resumes_at: u64,
    /// How far everything was on the disk, as the frames say.
    pub(crate) synced: u64,
}

/// Looks for whole frames behind a place where there should be one and is none, that have events from
/// `expected` on.
pub(crate) fn examine(segment: &Segment, offset: u64, expected: u64) -> Result<Beyond, FileError> {
    let failed = |error| FileError::new("read", &*segment.path, error);
    let mut beyond = Beyond { size: segment.file.size().map_err(failed)?, ..Beyond::default() };
    let mut block = vec![0; BLOCK.min(beyond.size.saturating_sub(offset) as usize)];
    let mut at = offset;
    'blocks: while at < beyond.size {
        let read = read_full(&*segment.file, &mut block, at).map_err(failed)?;
        if read == 0 {
            break;
        }
        beyond.bytes |= block[..read].iter().any(|byte| *byte != 0);
        // Frames begin at multiples of eight bytes.
        for place in (0..read.saturating_sub(FRAME_HEADER - 1)).step_by(8) {
            let Some(header) = FrameHeader::parse(&block[place..], segment.seed) else {
                continue;
            };
            let mut cursor = segment.frames(at + place as u64);
            if header.first.get() >= expected && note_run(&mut cursor, &mut beyond)? {
                at = cursor.offset();
                continue 'blocks;
            }
        }
        if read < block.len() || at + read as u64 >= beyond.size {
            break;
        }
        // What may begin at the end of this block is looked at with the next one.
        at += (read - FRAME_HEADER) as u64;
    }
    Ok(beyond)
}

/// Notes the whole frames from here on, and returns whether there are any.
fn note_run(cursor: &mut FrameCursor, beyond: &mut Beyond) -> Result<bool, FileError> {
    let mut any = false;
    let mut offset = cursor.offset();
    while let Step::Frame(kind, header) = cursor.step()? {
        any = true;
        beyond.synced = beyond.synced.max(header.synced.get());
        if beyond.resumes.is_none() {
            beyond.resumes = Some(header.first.get());
            beyond.resumes_at = offset;
        }
        offset = cursor.offset();
        beyond.frames += u64::from(kind == Kind::Events);
    }
    Ok(any)
}
