//! The merged order, computed again from what each writer has published.

#![forbid(unsafe_code)]

use core::cmp::Reverse;
use core::error::Error;
use core::fmt;
use core::iter::FusedIterator;
use std::collections::BinaryHeap;

use broadring::Sequence;

use crate::reading::Ordered;
use crate::source::SourceId;
use crate::stamp::Stamp;
use crate::stamped::Stamped;

/// Computes the merged order again, from the events of each writer in the order in which it has
/// published them, for instance from a log for each writer.
///
/// It is an iterator over the same events under the same positions, stamps, sources and sequences that
/// merged readers have seen. Nothing is kept but the next event of each writer, so that logs may be of
/// any length: it reads the logs as it goes, and takes an event from a log only when it must.
///
/// A log is whatever iterates over stamps and events: pairs, or [`Stamped`] as
/// [the ring of one source](crate::Source::ring) lends them. A log that begins later than its writer is
/// added with [`source_from`](Self::source_from).
///
/// The next event of each log is kept in a heap: an event costs as many comparisons as the logarithm of the
/// number of writers. Those that log may be many more than ever write at the same time.
///
/// # Examples
///
/// ```
/// use broadring_order::{Replay, SourceId, Stamp};
///
/// let a = [(Stamp::new(1), "one"), (Stamp::new(4), "four")];
/// let b = [(Stamp::new(2), "two"), (Stamp::new(4), "five")];
/// let replay = Replay::new().source(SourceId::new(0), a).source(SourceId::new(1), b);
/// let mut heard = Vec::new();
/// for event in replay {
///     let event = event?;
///     heard.push((event.position, event.source.get(), event.event));
/// }
/// assert_eq!(heard, [(0, 0, "one"), (1, 1, "two"), (2, 0, "four"), (3, 1, "five")]);
/// # Ok::<(), broadring_order::StampWentBack>(())
/// ```
#[must_use = "a replay does nothing until it is iterated over"]
pub struct Replay<I: Iterator<Item: Logged>> {
    heads: BinaryHeap<Reverse<Head<<I::Item as Logged>::Event>>>,
    /// What follows each head, at the index that it names.
    logs: Vec<(SourceId, I)>,
    position: u64,
    /// The log of the event that was handed out last. Its next event is taken only when one is asked for:
    /// it may be long in coming.
    due: Option<Due>,
    /// Nothing comes after an error.
    over: bool,
}

/// A log whose next event is not known.
#[derive(Clone, Copy)]
struct Due {
    log: usize,
    /// The stamp of its last event.
    before: Stamp,
    /// The sequence of its next one.
    sequence: Sequence,
}

/// The next event of one log. Compared by its place in the merged order.
struct Head<E> {
    stamp: Stamp,
    source: SourceId,
    sequence: Sequence,
    event: E,
    log: usize,
}

impl<E> Head<E> {
    /// Events are ordered by stamp, then by source; a source has one head only.
    fn key(&self) -> (Stamp, SourceId) {
        (self.stamp, self.source)
    }
}

impl<E> PartialEq for Head<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Head<E> {}

impl<E> PartialOrd for Head<E> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Head<E> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// What a log consists of: an event and the stamp of its publication.
pub trait Logged {
    /// The event.
    type Event;

    /// Takes it apart.
    fn into_parts(self) -> (Stamp, Self::Event);
}

impl<E> Logged for (Stamp, E) {
    type Event = E;

    #[inline]
    fn into_parts(self) -> (Stamp, E) {
        self
    }
}

impl<E> Logged for Stamped<E> {
    type Event = E;

    #[inline]
    fn into_parts(self) -> (Stamp, E) {
        (self.stamp, self.event)
    }
}

impl<'a, E> Logged for &'a Stamped<E> {
    type Event = &'a E;

    #[inline]
    fn into_parts(self) -> (Stamp, &'a E) {
        (self.stamp, &self.event)
    }
}

impl<I: Iterator<Item: Logged>> Replay<I> {
    /// Makes a replay without writers, which begins at position 0.
    pub fn new() -> Self {
        Self { heads: BinaryHeap::new(), logs: Vec::new(), position: 0, due: None, over: false }
    }

    /// Sets the position of the first event: how many events come before everything in the logs. That is
    /// the sum of the sequences at which they begin, and of what the writers without a log have
    /// published.
    ///
    /// The logs must begin at one place in the order: nothing that is missing in one may come after
    /// something that is there in another. Where a merged reader has joined is such a place.
    pub fn at(self, position: u64) -> Self {
        Self { position, ..self }
    }

    /// Adds what a writer has published, from its first event on. Takes the first event of the log.
    ///
    /// # Panics
    ///
    /// If this writer was added already.
    #[track_caller]
    pub fn source(self, id: SourceId, log: impl IntoIterator<IntoIter = I>) -> Self {
        self.source_from(id, Sequence::new(0), log)
    }

    /// Adds what a writer has published, from the event with this sequence on. Takes the first event of
    /// the log.
    ///
    /// # Panics
    ///
    /// If this writer was added already.
    #[track_caller]
    pub fn source_from(
        mut self,
        id: SourceId,
        first: Sequence,
        log: impl IntoIterator<IntoIter = I>,
    ) -> Self {
        let twice = self.logs.iter().any(|(other, _)| *other == id);
        assert!(!twice, "there are two logs of source {id}");
        let mut log = log.into_iter();
        let index = self.logs.len();
        if let Some(first_event) = log.next() {
            let (stamp, event) = first_event.into_parts();
            let head = Head { stamp, source: id, sequence: first, event, log: index };
            self.heads.push(Reverse(head));
        }
        self.logs.push((id, log));
        self
    }

    /// Takes the next event of a log, if there is one.
    fn look(&mut self, due: Due) -> Result<(), StampWentBack> {
        let Due { log, before, sequence } = due;
        let (source, events) = &mut self.logs[log];
        let source = *source;
        if let Some(next) = events.next() {
            let (stamp, event) = next.into_parts();
            if stamp < before {
                return Err(StampWentBack { source, sequence, before, stamp });
            }
            self.heads.push(Reverse(Head { stamp, source, sequence, event, log }));
        }
        Ok(())
    }
}

impl<I: Iterator<Item: Logged>> Default for Replay<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Iterator<Item: Logged>> Iterator for Replay<I> {
    /// An event in its place, or the place in a log where stamps go back: no writer has published that,
    /// and nothing comes after it.
    type Item = Result<Ordered<<I::Item as Logged>::Event>, StampWentBack>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        if let Some(due) = self.due.take()
            && let Err(wrong) = self.look(due)
        {
            self.over = true;
            return Some(Err(wrong));
        }
        let Reverse(Head { stamp, source, sequence, event, log }) = self.heads.pop()?;
        self.due = Some(Due { log, before: stamp, sequence: sequence + 1 });
        let position = self.position;
        self.position += 1;
        Some(Ok(Ordered { position, stamp, source, sequence, event }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.over {
            return (0, Some(0));
        }
        // An error ends it early, so that only one of the heads that are known is certain.
        let most = self
            .logs
            .iter()
            .try_fold(self.heads.len(), |most, (_, log)| most.checked_add(log.size_hint().1?));
        (usize::from(!self.heads.is_empty()), most)
    }
}

impl<I: Iterator<Item: Logged>> FusedIterator for Replay<I> {}

impl<I: Iterator<Item: Logged>> fmt::Debug for Replay<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("position", &self.position)
            .field("sources", &self.logs.len())
            .finish_non_exhaustive()
    }
}

/// The stamps of a log go back. No writer has published that: the log is damaged, or put together
/// wrongly.
///
/// What a [`Replay`] gives last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StampWentBack {
    source: SourceId,
    sequence: Sequence,
    before: Stamp,
    stamp: Stamp,
}

impl StampWentBack {
    /// Returns the writer.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Returns the sequence of the event whose stamp is too small.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Returns the stamp that is too small.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Returns the stamp of the event before.
    pub fn before(&self) -> Stamp {
        self.before
    }
}

impl fmt::Display for StampWentBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, sequence, before, stamp } = self;
        write!(
            f,
            "the stamps of source {source} go back at sequence {sequence}: {stamp} after {before}"
        )
    }
}

impl Error for StampWentBack {}
