//! A lane: what a merged reader knows of one writer.

#![forbid(unsafe_code)]

use broadring::{End, Reader, TryReadError};

use crate::roster::Arrival;
use crate::source::Shared;
use crate::stamp::Stamp;
use crate::stamped::Stamped;
use crate::sync::Arc;

/// What a merged reader knows of one writer.
pub(super) struct Lane<T> {
    pub(super) source: Arc<Shared<T>>,
    pub(super) reader: Reader<Stamped<T>>,
    pub(super) knowledge: Knowledge,
}

/// What comes next from a writer, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knowledge {
    /// The stamp of its next event, if that is there.
    pub(super) head: Option<Stamp>,
    /// No event that is not there yet has a smaller stamp (O1).
    pub(super) bound: Stamp,
    /// Events up to this stamp were published before the reader has joined, and are skipped.
    pub(super) floor: Option<Stamp>,
}

impl Knowledge {
    /// Returns the stamp of the next event, or the smallest that it can have, and whether it is there.
    #[inline]
    pub(super) fn next(&self) -> (Stamp, bool) {
        self.head.map_or((self.bound, false), |head| (head, true))
    }

    /// Notes that an event with this stamp was taken, and that the next one is not known.
    #[inline]
    pub(super) fn taken(&mut self, stamp: Stamp) {
        self.head = None;
        self.bound = self.bound.max(stamp);
    }

    /// Notes that the writer will publish nothing with a smaller stamp.
    #[inline]
    pub(super) fn promised(&mut self, stamp: Stamp) {
        self.bound = self.bound.max(stamp);
    }
}

impl<T> Lane<T> {
    pub(super) fn new(arrival: Arrival<T>, floor: Option<Stamp>) -> Self {
        let Arrival { source, reader } = arrival;
        Self { source, reader, knowledge: Knowledge { head: None, bound: Stamp::MIN, floor } }
    }

    /// Looks at the next event, if it is not known. Adds the events that it skips to the position, also if
    /// the lane ends behind them.
    #[inline]
    pub(super) fn look(&mut self, position: &mut u64) -> Result<(), End> {
        let Self { reader, knowledge, .. } = self;
        if knowledge.head.is_some() {
            return Ok(());
        }
        loop {
            let batch = match reader.try_batch() {
                Ok(batch) => batch,
                Err(TryReadError::Empty) => return Ok(()),
                Err(TryReadError::Ended(end)) => return Err(end),
            };
            if let Some(floor) = knowledge.floor {
                let old = batch.events().take_while(|event| event.stamp <= floor).count();
                *position += old as u64;
                if old == batch.len() {
                    continue; // dropping it commits it
                }
                knowledge.floor = None;
                knowledge.head = Some(batch[old].stamp);
                batch.commit_first(old);
            } else {
                knowledge.head = Some(batch[0].stamp);
                batch.commit_first(0);
            }
            return Ok(());
        }
    }

    /// Whether the writer has begun nothing that this lane does not know. The lane must have no head.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.source.announcement.is_settled(self.reader.position().get())
    }
}
