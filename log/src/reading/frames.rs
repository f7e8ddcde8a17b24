//! Reads the frames of a log one after the other, over all its segments.

#[cfg(feature = "async")]
use std::task::Waker;
use std::time::{Duration, Instant};

use broadring::Sequence;

use super::reader::LogReader;
use crate::error::{Damage, DamageKind, FileError, ReadError};
use crate::format::{Frame, FrameHeader, Kind};
use crate::segment::{FrameCursor, Segment, Step};

/// Reads the frames of a log one after the other, from [`LogReader::from`].
///
/// Each is lent until the next one is read, and all its checksums are right. A log that is being written is
/// read as far as it is [committed](LogReader::committed); then [`next_frame`](Self::next_frame) returns `None`, and
/// more when there is more.
#[derive(Debug)]
pub struct Frames {
    reader: LogReader,
    /// The next event to return.
    position: u64,
    at: Option<At>,
    /// How far the log was committed when last asked. `None` where everything counts.
    limit: Option<u64>,
    /// Frames before this stamp are passed over.
    not_before: u64,
    /// The frame that was returned last.
    last: Option<FrameHeader>,
    /// Whether it is to be returned once more.
    again: bool,
}

/// A place in a segment.
#[derive(Debug)]
struct At {
    segment: Segment,
    cursor: FrameCursor,
    /// The first event of the next frame.
    expected: u64,
}

impl Frames {
    pub(super) fn new(reader: LogReader, position: u64, not_before: u64) -> Self {
        // Nothing is read before it is known how far.
        let limit = Some(0);
        Self { reader, position, at: None, limit, not_before, last: None, again: false }
    }

    /// The sequence of the next event.
    pub fn position(&self) -> Sequence {
        self.position.into()
    }

    /// What it reads with.
    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// Returns the next frame, or `None` if there is none now.
    ///
    /// # Errors
    ///
    /// [`ReadError::Removed`] if the next event is not kept any more, and [`ReadError::Damaged`] if it is not there
    /// as it was written; also what the file system says. The next call tries once more.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, ReadError> {
        let header = self.advance()?;
        Ok(header.map(|header| self.lend(header)))
    }

    /// As [`next_frame`](Self::next_frame), and waits for one if there is none: until the deadline, if there is
    /// one. Then, and where nobody writes the log any more, it returns `None`.
    ///
    /// In the process that writes the log the thread sleeps until it is woken; in another one it looks every two
    /// milliseconds, and every tenth of a second whether the log is still written.
    ///
    /// # Errors
    ///
    /// As [`next_frame`](Self::next_frame).
    pub fn wait_frame(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Frame<'_>>, ReadError> {
        // The borrow checker does not see that a frame that is returned ends the loop.
        let header = loop {
            if let Some(header) = self.advance()? {
                break header;
            }
            if !self.reader.wait(self.position, None, deadline)? {
                return Ok(None);
            }
        };
        Ok(Some(self.lend(header)))
    }

    /// Lends the frame that it has moved behind.
    fn lend(&mut self, header: FrameHeader) -> Frame<'_> {
        let from = self.position;
        self.position = header.end();
        let payload = self.at.as_ref().map_or(&[][..], |at| at.cursor.payload());
        Frame::new(header, payload, from)
    }

    /// As [`wait_frame`](Self::wait_frame), for so long at most.
    ///
    /// # Errors
    ///
    /// As [`next_frame`](Self::next_frame).
    pub fn wait_frame_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Frame<'_>>, ReadError> {
        self.wait_frame(Instant::now().checked_add(timeout))
    }

    /// Goes back to an event of the frame that was returned last: the next frame begins with it. Nothing is read
    /// for it.
    pub(crate) fn back_to(&mut self, sequence: Sequence) {
        let sequence = u64::from(sequence);
        // A sequence after its last event would be a frame of nothing.
        if sequence < self.position {
            debug_assert!(self.last.is_some_and(|last| last.first.get() <= sequence));
            self.again = true;
            self.position = sequence;
        }
    }

    /// Whether nothing more will come, because nobody writes the log, as far as this reader knows. One in another process
    /// than the writer's does not learn of its end here: waiting without a deadline returns then.
    pub fn is_ended(&self) -> bool {
        !self.reader.is_written()
    }

    /// How often there was a change that is worth a look, and no event.
    pub(crate) fn changes(&self) -> u64 {
        self.reader.changes()
    }

    /// Waits until there is more than has been read, or another change than those that were seen, until the
    /// deadline, or until nothing more will come.
    pub(crate) fn wait(&self, seen: u64, deadline: Option<Instant>) -> Result<(), FileError> {
        self.reader.wait(self.position, Some(seen), deadline).map(|_| ())
    }

    /// Has a task woken when [`wait`](Self::wait) would return. Returns whether it would already.
    #[cfg(feature = "async")]
    pub(crate) fn wake(&self, seen: u64, waker: &Waker) -> bool {
        self.reader.wake_behind(self.position, Some(seen), waker)
    }

    /// Moves behind the next frame that has something to return.
    fn advance(&mut self) -> Result<Option<FrameHeader>, ReadError> {
        if !core::mem::take(&mut self.again) {
            self.last = self.step()?;
        }
        Ok(self.last)
    }

    fn step(&mut self) -> Result<Option<FrameHeader>, ReadError> {
        loop {
            if !self.may_read()? {
                return Ok(None);
            }
            let Some(at) = &mut self.at else {
                if !self.enter()? {
                    return Ok(None);
                }
                continue;
            };
            let offset = at.cursor.offset();
            match at.cursor.step()? {
                Step::Frame(_, header) if header.first.get() != at.expected => {
                    let (expected, found) = (at.expected, header.first.get());
                    let kind = DamageKind::Order { found: found.into() };
                    let damage =
                        Damage::new(&at.segment.path, offset, expected..found.max(expected), kind);
                    self.at = None;
                    return Err(damage.into());
                }
                Step::Frame(Kind::Seal, _) => {
                    let (ended, next) = (at.segment.first, at.expected);
                    self.position = self.position.max(next);
                    self.at = None;
                    if !self.enter()?
                        || self.at.as_ref().is_some_and(|at| at.segment.first == ended)
                    {
                        self.at = None;
                        return self.reader.missing(next, self.limit).map(|()| None);
                    }
                }
                Step::Frame(Kind::Events, header) => {
                    at.expected = header.end();
                    if header.end() <= self.position {
                        continue;
                    }
                    if header.stamp.get() < self.not_before {
                        self.position = header.end();
                        continue;
                    }
                    return Ok(Some(header));
                }
                Step::End | Step::Invalid => {
                    let expected = at.expected;
                    let reader = &self.reader;
                    match reader.examine(&at.segment, offset, expected, self.position, self.limit) {
                        Ok(Some(place)) => {
                            at.cursor = at.segment.frames(place.offset);
                            at.expected = place.first;
                        }
                        examined => {
                            self.at = None;
                            return examined.map(|_| None);
                        }
                    }
                }
            }
        }
    }

    /// Whether the next event may be read.
    fn may_read(&mut self) -> Result<bool, FileError> {
        if self.limit.is_none_or(|limit| self.position < limit) {
            return Ok(true);
        }
        self.limit = self.reader.limit()?;
        // What was read ahead may have been written since.
        if let Some(at) = &mut self.at {
            at.cursor.forget();
        }
        Ok(self.limit.is_none_or(|limit| self.position < limit))
    }

    /// Goes to where the next event is. Returns whether there is a segment for it.
    pub(super) fn enter(&mut self) -> Result<bool, ReadError> {
        self.at = self.reader.find(self.position)?.map(|(segment, place)| At {
            cursor: segment.frames(place.offset),
            expected: place.first,
            segment,
        });
        if self.at.is_none() {
            self.reader.missing(self.position, self.limit)?;
        }
        Ok(self.at.is_some())
    }
}
