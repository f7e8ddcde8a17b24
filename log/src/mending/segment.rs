//! Looks at every byte of one segment.

use zerocopy::IntoBytes;

use super::facts::{Facts, Rest};
use super::seek::next_frame;
use super::verification::{Tail, Verification};
use crate::error::{DamageKind, FileError};
use crate::format::{
    FrameHeader, IndexEntry, Kind, SEAL_TRAILER, SEGMENT_HEADER, Seal, SealTrailer,
};
use crate::segment::{self as segments, FrameCursor, Segment, Step};
use crate::storage::read_full;

/// Where a segment is in its log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// What the next segment begins with, if there is one.
    pub(super) following: Option<u64>,
    /// How far the log is committed, if a process writes it: what is behind may be half-written.
    pub(super) committed: Option<u64>,
    /// How far everything was on the disk, as was last said.
    pub(super) synced: u64,
}

/// Looks at every byte of one segment.
pub(super) struct Look<'a> {
    segment: &'a Segment,
    surroundings: Surroundings,
    report: &'a mut Verification,
    facts: Facts,
    /// The event that comes next, damage passed over.
    next: u64,
    frames: u64,
    /// The index as the seal at the end of the file has it, and how much of it was seen to be right.
    index: Vec<IndexEntry>,
    seen: usize,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        segment: &'a Segment,
        facts: Facts,
        surroundings: Surroundings,
        report: &'a mut Verification,
    ) -> Result<Self, FileError> {
        let (trailer, size) = segment.trailer()?;
        let mut index = Vec::new();
        if let Some(trailer) = trailer {
            let mut cursor = segment.frames(trailer.offset.get());
            if let Step::Frame(Kind::Seal, _) = cursor.step()?
                && let Some((_, entries)) = Seal::parse(cursor.payload())
            {
                index = entries.to_vec();
            }
        }
        let facts = Facts { size, created: segment.created, ..facts };
        let next = segment.first;
        Ok(Self { segment, surroundings, report, facts, next, frames: 0, index, seen: 0 })
    }

    /// Returns what is known of it, and the event that comes after it.
    pub(super) fn run(mut self, mut at: impl FnMut(u64)) -> Result<(Facts, u64), FileError> {
        let mut cursor = self.segment.frames(SEGMENT_HEADER as u64);
        loop {
            let offset = cursor.offset();
            at(offset);
            match cursor.step()? {
                Step::Frame(kind, header) => {
                    self.check_order(offset, &header);
                    if kind == Kind::Seal {
                        self.check_seal(offset, &header, &cursor)?;
                        break;
                    }
                    self.note_frame(offset, &header, cursor.offset());
                }
                Step::End | Step::Invalid => {
                    if !self.go_on(offset, &mut cursor)? {
                        break;
                    }
                }
            }
        }
        self.report.frames += self.frames;
        Ok((self.facts, self.next))
    }

    /// Notes something wrong that begins at `offset`.
    fn damage(&mut self, offset: u64, end: u64, kind: DamageKind) {
        let events = self.next..end.max(self.next);
        self.facts.damaged = true;
        self.report.note(&self.segment.path, offset, events, kind);
    }

    fn check_order(&mut self, offset: u64, header: &FrameHeader) {
        let first = header.first.get();
        // What comes behind damage was looked for, and begins later.
        if first != self.next {
            self.damage(offset, first, DamageKind::Order { found: first.into() });
            self.facts.broken = true;
        }
    }

    fn note_frame(&mut self, offset: u64, header: &FrameHeader, end: u64) {
        while let Some(entry) = self.index.get(self.seen)
            && entry.offset.get() == offset
            && (entry.first, entry.stamp) == (header.first, header.stamp)
        {
            self.seen += 1;
        }
        self.frames += 1;
        self.report.events += header.end().saturating_sub(self.next.max(header.first.get()));
        let goes_back = header.first.get() < self.next;
        self.next = self.next.max(header.end());
        if self.facts.broken {
            let rest = self
                .facts
                .rest
                .filter(|rest| (rest.end, rest.next) == (offset, header.first.get()));
            let (first, stamp) = (header.first.get(), header.stamp.get());
            let begun = rest.or_else(|| {
                (!goes_back).then_some(Rest { start: offset, end, first, next: first, stamp })
            });
            self.facts.rest = begun.map(|rest| Rest { end, next: header.end(), ..rest });
        } else {
            if self.facts.end == SEGMENT_HEADER as u64 {
                self.facts.first_stamp = header.stamp.get();
            }
            self.facts.last_stamp = header.stamp.get();
            (self.facts.end, self.facts.next) = (end, self.next);
        }
    }

    /// Looks at a seal, and at what is behind it.
    fn check_seal(
        &mut self,
        offset: u64,
        header: &FrameHeader,
        cursor: &FrameCursor,
    ) -> Result<(), FileError> {
        let end = cursor.offset();
        let mut bytes = [0; SEAL_TRAILER];
        let read = read_full(&*self.segment.file, &mut bytes, end)
            .map_err(|error| FileError::new("read", &*self.segment.path, error))?;
        let size = self.size()?;
        let trailer = SealTrailer::parse(&bytes[..read], self.segment.seed);
        if trailer.is_none() && self.is_unfinished() {
            self.tail(offset, size, false, 0);
            return Ok(());
        }
        // A writer may have sealed it after it was begun to look at it, and before it came here.
        let sealed_meanwhile = self.surroundings.committed.is_some() && self.index.is_empty();
        let expected = SealTrailer::new(offset, self.next, header.stamp.get(), self.segment.seed);
        let counted = Seal::parse(cursor.payload()).is_some_and(|(seal, entries)| {
            seal.last_stamp == header.stamp
                // Where frames are damaged they cannot be counted.
                && (self.facts.broken
                    || (seal.frames.get() == self.frames
                        && seal.first_stamp.get() == self.facts.first_stamp
                        && (sealed_meanwhile || entries.len() == self.seen)))
        });
        let whole =
            counted && trailer.is_some_and(|trailer| trailer.as_bytes() == expected.as_bytes());
        let behind = end + SEAL_TRAILER as u64;
        if !whole {
            self.damage(offset, self.next, DamageKind::Seal);
        } else if size > behind {
            self.damage(behind, self.next, DamageKind::Excess);
        }
        self.facts.sealed = whole && size == behind && self.facts.end == offset;
        Ok(())
    }

    fn size(&self) -> Result<u64, FileError> {
        self.segment.file.size().map_err(|error| FileError::new("read", &*self.segment.path, error))
    }

    /// Whether an end that is not finished is no damage: nobody was told of what is missing.
    fn is_unfinished(&self) -> bool {
        self.surroundings.following.is_none()
            && match self.surroundings.committed {
                Some(committed) => committed <= self.next,
                None => self.surroundings.synced <= self.next,
            }
    }

    fn tail(&mut self, offset: u64, size: u64, zeros: bool, frames: u64) {
        // The end of a log that is being written is never finished.
        if self.surroundings.committed.is_none() && size > offset {
            let file = self.segment.path.clone();
            self.report.tail = Some(Tail { file, offset, bytes: size - offset, zeros, frames });
        }
    }

    /// Finds out what is behind a place where there is no frame: moves the cursor to the next one, and returns whether
    /// there is one.
    fn go_on(&mut self, offset: u64, cursor: &mut FrameCursor) -> Result<bool, FileError> {
        if self.is_unfinished() {
            if self.surroundings.committed.is_some() {
                return Ok(false);
            }
            let beyond = segments::examine(self.segment, offset, self.next)?;
            if beyond.synced <= self.next {
                self.tail(offset, beyond.size, !beyond.bytes, beyond.frames);
                return Ok(false);
            }
        }
        if let Some((place, first)) = next_frame(self.segment, cursor, offset, self.next)? {
            self.damage(offset, first, DamageKind::Frame);
            self.facts.broken |= first > self.next || !is_seal(cursor, place)?;
            self.next = first;
            return Ok(true);
        }
        match self.surroundings.following {
            // All events are there, and only the seal is not.
            Some(following) if following <= self.next => {
                self.damage(offset, self.next, DamageKind::Seal);
            }
            Some(following) => {
                self.damage(offset, following, DamageKind::Frame);
                self.facts.broken = true;
                self.next = following;
            }
            None => {
                self.damage(offset, u64::MAX, DamageKind::Frame);
                self.facts.broken = true;
            }
        }
        Ok(false)
    }
}

/// Whether there is a seal at this place, where the cursor stays.
fn is_seal(cursor: &mut FrameCursor, place: u64) -> Result<bool, FileError> {
    let is_seal = matches!(cursor.step()?, Step::Frame(Kind::Seal, _));
    cursor.seek(place);
    Ok(is_seal)
}
