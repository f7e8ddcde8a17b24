//! The batches that a follower lends.

use core::ops::Range;
use core::slice;

use broadring::{Batch, BatchIter, Sequence};

/// Events that a [`Follower`](crate::Follower) lends: from the log or from the ring, all from one of them.
///
/// Dropping it, also by a panic, counts all of them as read.
#[derive(Debug)]
pub struct Followed<'f, T> {
    pub(super) origin: Origin<'f, T>,
}

#[derive(Debug)]
pub(super) enum Origin<'f, T> {
    Log(&'f [(Sequence, T)]),
    Ring(Batch<'f, T>),
}

impl<T> Followed<'_, T> {
    /// How many events there are.
    pub fn len(&self) -> usize {
        match &self.origin {
            Origin::Log(events) => events.len(),
            Origin::Ring(batch) => batch.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether they come from the ring: then the writer cannot use their slots until this is dropped.
    pub fn is_live(&self) -> bool {
        matches!(self.origin, Origin::Ring(_))
    }

    /// The sequences of the events. Empty where there are none.
    pub fn sequences(&self) -> Range<Sequence> {
        match &self.origin {
            Origin::Log([]) => Sequence::from(0)..Sequence::from(0),
            Origin::Log([(first, _), ..]) => *first..*first + self.len() as u64,
            Origin::Ring(batch) => batch.sequences(),
        }
    }

    /// Returns the events, each with its sequence.
    pub fn iter(&self) -> FollowedEvents<'_, T> {
        FollowedEvents(match &self.origin {
            Origin::Log(events) => Iter::Log(events.iter()),
            Origin::Ring(batch) => Iter::Ring(batch.iter()),
        })
    }
}

impl<'a, T> IntoIterator for &'a Followed<'_, T> {
    type Item = (Sequence, &'a T);
    type IntoIter = FollowedEvents<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The events of a [`Followed`], each with its sequence.
#[derive(Debug)]
pub struct FollowedEvents<'a, T>(Iter<'a, T>);

#[derive(Debug)]
enum Iter<'a, T> {
    Log(slice::Iter<'a, (Sequence, T)>),
    Ring(BatchIter<'a, T>),
}

impl<'a, T> Iterator for FollowedEvents<'a, T> {
    type Item = (Sequence, &'a T);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Iter::Log(events) => events.next().map(|(sequence, event)| (*sequence, event)),
            Iter::Ring(events) => events.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Iter::Log(events) => events.size_hint(),
            Iter::Ring(events) => events.size_hint(),
        }
    }
}
