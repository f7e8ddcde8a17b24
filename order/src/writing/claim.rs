//! The claim: the guard over several slots that are published together.

#![forbid(unsafe_code)]

use core::fmt;
use core::iter::FusedIterator;
use core::ops::{Index, IndexMut};

use super::publisher::Publisher;
use crate::clock::{Clock, Monotonic};
use crate::stamp::Stamp;
use crate::stamped::Stamped;

/// A guard over slots that are claimed and not yet published; from [`Writer::claim`](crate::Writer::claim).
///
/// It lends each slot with whatever the slot held a lap ago. Nothing is stamped before
/// [`publish`](Self::publish) or [`publish_first`](Self::publish_first), so a claim that is held open
/// holds no reader and no other writer up. Then all the events get one stamp, and stay together in the
/// merged order. Dropping the claim, forgetting it, or a panic while it is held publishes nothing.
///
/// Publishing a claim is wait-free, unless a reader has to be woken.
///
/// # Examples
///
/// ```
/// use broadring_order::Writers;
///
/// let (writers, order) = Writers::builder(16).build(|| 0_u64);
/// let mut reader = order.subscribe()?;
/// let mut writer = writers.join();
/// let mut claim = writer.claim(2)?;
/// claim[0] = 7;
/// claim[1] = 8;
/// let stamp = claim.publish();
/// for event in &mut reader.try_batch()? {
///     assert_eq!(event.stamp, stamp);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a claim that is dropped publishes nothing"]
pub struct Claim<'w, T, C: Clock = Monotonic> {
    pub(super) slots: broadring::Claim<'w, Stamped<T>>,
    pub(super) publisher: &'w mut Publisher<T, C>,
}

impl<T, C: Clock> Claim<'_, T, C> {
    /// Returns how many slots are claimed.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no slot is claimed.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns an iterator that lends the slots one after the other.
    pub fn iter_mut(&mut self) -> ClaimIterMut<'_, T> {
        ClaimIterMut { slots: self.slots.iter_mut() }
    }

    /// Publishes all the events with one stamp, and returns it.
    pub fn publish(self) -> Stamp {
        let len = self.len();
        self.publish_first(len)
    }

    /// Publishes the first `len` events with one stamp, gives the other slots up, and returns the stamp.
    /// If `len` is 0 nothing is published, and this is the stamp of the publication before.
    ///
    /// # Panics
    ///
    /// If fewer slots are claimed.
    #[track_caller]
    pub fn publish_first(self, len: usize) -> Stamp {
        let Self { mut slots, publisher } = self;
        assert!(len <= slots.len(), "cannot publish {len} events of a claim of {}", slots.len());
        if len == 0 {
            return publisher.latest;
        }
        let publication = publisher.begin(slots.first_sequence().get());
        slots.iter_mut().take(len).for_each(|slot| slot.stamp = publication.stamp);
        slots.publish_first(len);
        publication.stamp
    }
}

impl<T, C: Clock> Index<usize> for Claim<'_, T, C> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: usize) -> &T {
        &self.slots[index].event
    }
}

impl<T, C: Clock> IndexMut<usize> for Claim<'_, T, C> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.slots[index].event
    }
}

impl<'a, T, C: Clock> IntoIterator for &'a mut Claim<'_, T, C> {
    type Item = &'a mut T;
    type IntoIter = ClaimIterMut<'a, T>;

    fn into_iter(self) -> ClaimIterMut<'a, T> {
        self.iter_mut()
    }
}

impl<T, C: Clock> fmt::Debug for Claim<'_, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// An iterator that lends claimed slots; from [`Claim::iter_mut`].
pub struct ClaimIterMut<'a, T> {
    slots: broadring::ClaimIterMut<'a, Stamped<T>>,
}

impl<'a, T> Iterator for ClaimIterMut<'a, T> {
    type Item = &'a mut T;

    #[inline]
    fn next(&mut self) -> Option<&'a mut T> {
        self.slots.next().map(|slot| &mut slot.event)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a mut T) -> B>(self, init: B, mut f: F) -> B {
        self.slots.fold(init, |folded, slot| f(folded, &mut slot.event))
    }
}

impl<T> ExactSizeIterator for ClaimIterMut<'_, T> {}

impl<T> FusedIterator for ClaimIterMut<'_, T> {}

impl<T> fmt::Debug for ClaimIterMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimIterMut").field("len", &self.len()).finish_non_exhaustive()
    }
}
