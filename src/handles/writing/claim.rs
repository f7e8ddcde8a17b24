//! The claim: the writer's guard over several slots.

use core::fmt;
use core::iter::{self, FusedIterator};
use core::marker::PhantomData;
use core::mem;
use core::ops::{Index, IndexMut, Range};
use core::ptr::NonNull;

use super::writer_core::WriterCore;
use crate::sequence::Sequence;
use crate::storage::{Walk, WriteBorrow};

/// A guard over slots that are claimed and not yet published; from
/// [`Writer::claim`](crate::Writer::claim).
///
/// It lends each slot with whatever the slot held a lap ago. No reader sees anything until
/// [`publish`](Self::publish) or [`publish_first`](Self::publish_first) makes the events visible,
/// all at once. Dropping the claim, forgetting it, or a panic while it is held publishes nothing:
/// the slots keep what was written to them, and the next claim begins with them again.
///
/// Publishing a claim is wait-free, unless a reader has to be woken.
///
/// # Examples
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(16).build(|| 0_u64);
/// let mut reader = ring.subscribe()?;
///
/// let mut claim = writer.claim(4)?;
/// claim[0] = 7;
/// for slot in claim.iter_mut().skip(1) {
///     *slot = 8;
/// }
/// let published = claim.publish_first(2);
/// assert_eq!(published.end.get(), 2);
/// assert!(reader.try_batch()?.events().eq(&[7, 8]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a claim that is dropped publishes nothing"]
pub struct Claim<'w, T> {
    writer: &'w mut WriterCore<T>,
    len: usize,
    borrow: WriteBorrow,
}

impl<'w, T> Claim<'w, T> {
    /// Lends the next `len` slots, which the writer must have reserved.
    pub(crate) fn new(writer: &'w mut WriterCore<T>, len: u64) -> Self {
        let first = writer.next();
        let borrow = writer.shared().slots.borrows.write(first, first + len);
        Self { writer, len: len as usize, borrow }
    }

    /// Returns how many slots are claimed.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no slot is claimed.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the sequence that the event in the first slot will have. The others follow it.
    pub fn first_sequence(&self) -> Sequence {
        Sequence::new(self.writer.next())
    }

    /// Returns an iterator that lends the slots one after the other.
    pub fn iter_mut(&mut self) -> ClaimIterMut<'_, T> {
        let walk = self.writer.walk(self.len);
        ClaimIterMut { walk, _lends: PhantomData }
    }

    /// Publishes all the events with one release, and returns their sequences.
    pub fn publish(self) -> Range<Sequence> {
        let len = self.len;
        self.publish_first(len)
    }

    /// Publishes the first `len` events with one release, gives the other slots up, and returns the
    /// sequences of the events.
    ///
    /// # Panics
    ///
    /// If fewer slots are claimed.
    #[track_caller]
    pub fn publish_first(mut self, len: usize) -> Range<Sequence> {
        assert!(len <= self.len, "cannot publish {len} events of a claim of {}", self.len);
        self.finish(len)
    }

    /// Publishes the first `len` events, and leaves the claim empty.
    fn finish(&mut self, len: usize) -> Range<Sequence> {
        self.len = 0;
        self.borrow.release();
        self.writer.publish_claimed(len as u64)
    }

    /// Writes `event`, and the events that follow it from the iterator, into the slots. Publishes
    /// everything that was written, even if the iterator or the drop of an old event panics.
    pub(crate) fn fill(self, event: T, events: &mut impl Iterator<Item = T>) {
        struct PublishWritten<'w, T> {
            claim: Claim<'w, T>,
            written: usize,
        }

        impl<T> Drop for PublishWritten<'_, T> {
            fn drop(&mut self) {
                self.claim.finish(self.written);
            }
        }

        let mut run = PublishWritten { claim: self, written: 0 };
        let PublishWritten { claim, written } = &mut run;
        let mut events = iter::once(event).chain(events);
        // The slots come first: an event is taken only when there is a slot for it.
        for slot in claim {
            let Some(event) = events.next() else { break };
            let old = mem::replace(slot, event);
            *written += 1;
            drop(old);
        }
    }

    /// Returns the address of the slot at `index`.
    #[track_caller]
    fn slot(&self, index: usize) -> NonNull<T> {
        assert!(index < self.len, "the index is {index} but {} slots are claimed", self.len);
        let slots = &self.writer.shared().slots;
        slots.slot(self.writer.next() + index as u64)
    }
}

impl<T> Index<usize> for Claim<'_, T> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: usize) -> &T {
        // SAFETY: I1, I6: `self` has claimed the slot, and is borrowed for as long as the
        // reference lives.
        unsafe { self.slot(index).as_ref() }
    }
}

impl<T> IndexMut<usize> for Claim<'_, T> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        // SAFETY: I1, I6: `self` has claimed the slot, and is borrowed mutably for as long as the
        // reference lives.
        unsafe { self.slot(index).as_mut() }
    }
}

impl<'a, T> IntoIterator for &'a mut Claim<'_, T> {
    type Item = &'a mut T;
    type IntoIter = ClaimIterMut<'a, T>;

    fn into_iter(self) -> ClaimIterMut<'a, T> {
        self.iter_mut()
    }
}

impl<T> fmt::Debug for Claim<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("first_sequence", &self.first_sequence())
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// An iterator that lends claimed slots; from [`Claim::iter_mut`].
pub struct ClaimIterMut<'a, T> {
    walk: Walk<'a, T, true>,
    _lends: PhantomData<&'a mut T>,
}

impl<'a, T> Iterator for ClaimIterMut<'a, T> {
    type Item = &'a mut T;

    #[inline]
    fn next(&mut self) -> Option<&'a mut T> {
        // SAFETY: I1, I6: the `Claim`, which is borrowed mutably for `'a`, has claimed the slots of
        // the walk, and the walk passes each of them once.
        self.walk.next().map(|mut slot| unsafe { slot.as_mut() })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.walk.size_hint()
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a mut T) -> B>(self, init: B, mut f: F) -> B {
        // SAFETY: as in `next`.
        self.walk.fold(init, |folded, mut slot| f(folded, unsafe { slot.as_mut() }))
    }
}

impl<T> ExactSizeIterator for ClaimIterMut<'_, T> {}

impl<T> FusedIterator for ClaimIterMut<'_, T> {}

impl<T> fmt::Debug for ClaimIterMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimIterMut").field("len", &self.len()).finish_non_exhaustive()
    }
}
