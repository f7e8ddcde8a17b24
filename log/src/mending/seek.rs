//! Finds the next whole frame behind a place where there is none.

use crate::error::FileError;
use crate::format::{FRAME_HEADER, FrameHeader};
use crate::segment::{FrameCursor, Segment, Step};
use crate::storage::read_full;

/// How much is looked through at once, in bytes: little at first, because the next frame is often near.
const FIRST_BLOCK: usize = 4 * 1024;
const BLOCK: usize = 256 * 1024;

/// Returns where the next whole frame begins that has events from `expected` on, and its first event, and moves the
/// cursor there.
pub(super) fn next_frame(
    segment: &Segment,
    cursor: &mut FrameCursor,
    offset: u64,
    expected: u64,
) -> Result<Option<(u64, u64)>, FileError> {
    let mut block = vec![0; FIRST_BLOCK];
    let mut at = offset;
    loop {
        let read = read_full(&*segment.file, &mut block, at)
            .map_err(|error| FileError::new("read", &*segment.path, error))?;
        // Frames begin at multiples of eight bytes.
        for place in (0..read.saturating_sub(FRAME_HEADER - 1)).step_by(8) {
            let Some(header) = FrameHeader::parse(&block[place..], segment.seed) else {
                continue;
            };
            let found = at + place as u64;
            if header.first.get() < expected {
                continue;
            }
            cursor.seek(found);
            if matches!(cursor.step()?, Step::Frame(..)) {
                cursor.seek(found);
                return Ok(Some((found, header.first.get())));
            }
        }
        if read < block.len() {
            return Ok(None);
        }
        // What may begin at the end of this block is looked at with the next one.
        at += (read - FRAME_HEADER) as u64;
        block.resize((2 * read).min(BLOCK), 0);
    }
}
