//! Where the events of a batch come from.

use core::ops::Range;
use std::time::Instant;

use broadring::Sequence;

use super::error::{BoxError, ConsumeError};
use super::limits::Limits;
use crate::codec::Codec;
use crate::error::ReadError;
use crate::reading::{Frames, LogReader};

/// Whether a batch is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waiting {
    /// What there is now is taken.
    No,
    /// Until the deadline, if there is one, or until the log ends.
    Until(Option<Instant>),
}

/// Begins to read where a consumer goes on, or with the oldest event if it has no position yet.
pub(super) fn start(reader: &LogReader, next: Option<Sequence>) -> Result<Frames, ConsumeError> {
    let Some(next) = next else {
        loop {
            match reader.from(reader.oldest()?) {
                // It was removed in between, and there was no position to be lost.
                Err(ReadError::Removed { .. }) => {}
                frames => return Ok(frames?),
            }
        }
    };
    let frames = reader.from(next)?;
    if next > reader.oldest()? {
        // The event before has to be there. Where that one cannot be read, reading will tell what is wrong.
        let before = u64::from(next) - 1;
        let there = reader.from(before).and_then(|mut frames| Ok(frames.next_frame()?.is_some()));
        if matches!(there, Ok(false)) {
            return Err(ConsumeError::Ahead { next });
        }
    }
    Ok(frames)
}

/// Whether there is an event to begin a batch with.
pub(super) fn ready(frames: &mut Frames, waiting: Waiting) -> Result<bool, ConsumeError> {
    let frame = match waiting {
        Waiting::No => frames.next_frame()?,
        Waiting::Until(deadline) => frames.wait_frame(deadline)?,
    };
    let Some(first) = frame.map(|frame| frame.first_sequence()) else {
        return Ok(false);
    };
    frames.back_to(first);
    Ok(true)
}

/// Hands the events of one batch to the effect: those that there are, up to the limits. Returns which they were.
///
/// A batch also ends before something that cannot be read, which the next one then begins with. So the events before
/// it have their effect, and the position is where the trouble is.
pub(super) fn batch<C: Codec>(
    frames: &mut Frames,
    codec: &C,
    limits: Limits,
    mut effect: impl FnMut(Sequence, C::View<'_>) -> Result<(), BoxError>,
) -> Result<Range<Sequence>, ConsumeError> {
    let begun = Instant::now();
    let first = frames.position();
    let mut next = first;
    let is_full = |next: Sequence| {
        next - first >= limits.events || (next > first && begun.elapsed() >= limits.within)
    };
    while !is_full(next) {
        let frame = match frames.next_frame() {
            Ok(Some(frame)) => frame,
            Err(error) if next == first => return Err(error.into()),
            Ok(None) | Err(_) => break,
        };
        for event in frame.view(codec) {
            let (sequence, event) = match event {
                Ok(event) => event,
                Err(error) if next == first => return Err(error.into()),
                Err(_) => break,
            };
            effect(sequence, event).map_err(|source| ConsumeError::Effect { sequence, source })?;
            next = sequence + 1;
            if is_full(next) {
                break;
            }
        }
        if next < frames.position() {
            frames.back_to(next);
            break;
        }
    }
    Ok(first..next)
}
