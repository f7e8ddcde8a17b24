//! The writing handle. Its methods that claim several slots are in `claiming`.

#![forbid(unsafe_code)]

use core::fmt;
use core::mem;
use std::time::{Duration, Instant};

use broadring::{PublishTimeoutError, Sequence, TryPublishError};

use super::publisher::{Publication, Publisher};
use crate::clock::{Clock, Monotonic};
use crate::source::{Source, SourceId};
use crate::stamp::Stamp;
use crate::stamped::Stamped;

/// A handle that publishes into the order. Each has a ring of its own. It can be sent to another
/// thread, but not cloned: [`Writers::join`](crate::Writers::join) makes another.
///
/// Every publication reads the clock once, when everything is written and about to become visible. So
/// a claim that is held open holds nobody up. What is published together, by a claim or in one run of
/// [`publish_all`](Self::publish_all), has one stamp, and stays together in the merged order.
///
/// **If a publication is over before another one begins, by whichever writers, it comes first for
/// every reader.** Publications that overlap come in the order of their stamps, which is the same for
/// every reader too.
///
/// While the slowest reader is a whole ring behind in the ring of this writer, that ring is full. Then
/// the plain methods wait, the `try_` methods refuse, and the timed methods wait for a limited time and
/// then refuse. A ring without readers is never full.
///
/// Publishing is wait-free while there is room and no reader has to be woken: a reading of the clock,
/// a full fence, and what it costs to publish into a ring. If the clock is not
/// [strict](Monotonic::is_strict), a publication also waits until the clock shows more than its stamp.
///
/// Dropping the writer, also by a panic that unwinds past it, makes it leave: readers get what it has
/// published, and ask it no longer. Leaving takes a lock for a moment.
///
/// # Examples
///
/// ```
/// use broadring_order::Writers;
///
/// let (writers, order) = Writers::builder(64).build(String::new);
/// let mut reader = order.subscribe()?;
/// let mut orders = writers.join();
/// let mut trades = writers.join();
///
/// orders.publish("buy 7".to_owned());
/// trades.publish_with(|line| {
///     line.clear();
///     line.push_str("7 bought");
/// });
/// assert_eq!(reader.recv()?.event, "buy 7");
/// assert_eq!(reader.recv()?.event, "7 bought");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer<T, C: Clock = Monotonic> {
    // Dropped first, so that the ring is closed when the publisher leaves the roster.
    pub(super) ring: broadring::Writer<Stamped<T>>,
    pub(super) publisher: Publisher<T, C>,
}

impl<T, C: Clock> Writer<T, C> {
    pub(super) fn new(ring: broadring::Writer<Stamped<T>>, publisher: Publisher<T, C>) -> Self {
        Self { ring, publisher }
    }

    /// Publishes an event, and returns its stamp. Waits while the ring is full.
    ///
    /// The event that was in the slot a lap ago is dropped after the new one is published.
    ///
    /// # Panics
    ///
    /// If the `drop` of the old event does; the new event is then published. If the ring has no
    /// sequences left.
    #[inline(always)]
    #[track_caller]
    pub fn publish(&mut self, event: T) -> Stamp {
        if !mem::needs_drop::<T>() {
            return self.publish_with(|slot| *slot = event);
        }
        let mut old = None;
        let stamp = self.publish_with(|slot| old = Some(mem::replace(slot, event)));
        drop(old);
        stamp
    }

    /// Publishes an event that is written in place, and returns its stamp. Waits while the ring is
    /// full. The closure gets the slot with whatever it held a lap ago.
    ///
    /// # Panics
    ///
    /// If the closure does. Then nothing is published, and the writer can be used as before. If the
    /// ring has no sequences left.
    #[inline(always)]
    #[track_caller]
    pub fn publish_with(&mut self, write: impl FnOnce(&mut T)) -> Stamp {
        let Self { ring, publisher } = self;
        let first = ring.cursor().get();
        let mut begun = None;
        ring.publish_with(|slot| begun = Some(publisher.write(slot, first, write)));
        stamp_of(begun)
    }

    /// Publishes an event unless the ring is full, and returns its stamp. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryPublishError`] with the event if the ring is full.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish).
    #[inline]
    #[track_caller]
    pub fn try_publish(&mut self, event: T) -> Result<Stamp, TryPublishError<T>> {
        let mut event = Some(event);
        let published = self.try_publish_with(|slot| swap(slot, &mut event));
        let published = published.map_err(|refused| refused.map(drop));
        published.map_err(|refused| refused.map(|()| unused(event)))
    }

    /// Publishes an event that is written in place, unless the ring is full, and returns its stamp.
    /// Never waits.
    ///
    /// # Errors
    ///
    /// [`TryPublishError`] with the closure if the ring is full.
    ///
    /// # Panics
    ///
    /// As [`publish_with`](Self::publish_with).
    #[inline]
    #[track_caller]
    pub fn try_publish_with<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
    ) -> Result<Stamp, TryPublishError<F>> {
        let Self { ring, publisher } = self;
        let first = ring.cursor().get();
        let mut begun = None;
        let mut parts = Some((publisher, write));
        let published = ring.try_publish_with(|slot| {
            let (publisher, write) = unused(parts.take());
            begun = Some(publisher.write(slot, first, write));
        });
        match published {
            Ok(_) => Ok(stamp_of(begun)),
            Err(refused) => Err(refused.map(drop).map(|()| unused(parts).1)),
        }
    }

    /// Publishes an event, and returns its stamp. Waits at most for `timeout` while the ring is full. A
    /// timeout too long for the clock is none.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the event if the ring was full until then.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish).
    #[track_caller]
    pub fn publish_timeout(
        &mut self,
        event: T,
        timeout: Duration,
    ) -> Result<Stamp, PublishTimeoutError<T>> {
        let mut event = Some(event);
        let published = self.publish_with_timeout(|slot| swap(slot, &mut event), timeout);
        let published = published.map_err(|refused| refused.map(drop));
        published.map_err(|refused| refused.map(|()| unused(event)))
    }

    /// Publishes an event, and returns its stamp. Waits at most until `deadline` while the ring is full.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the event if the ring was full until then.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish).
    #[track_caller]
    pub fn publish_deadline(
        &mut self,
        event: T,
        deadline: Instant,
    ) -> Result<Stamp, PublishTimeoutError<T>> {
        let mut event = Some(event);
        let published = self.publish_with_deadline(|slot| swap(slot, &mut event), deadline);
        let published = published.map_err(|refused| refused.map(drop));
        published.map_err(|refused| refused.map(|()| unused(event)))
    }

    /// Publishes an event that is written in place, and returns its stamp. Waits at most for `timeout`
    /// while the ring is full. A timeout too long for the clock is none.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the closure if the ring was full until then.
    ///
    /// # Panics
    ///
    /// As [`publish_with`](Self::publish_with).
    #[track_caller]
    pub fn publish_with_timeout<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
        timeout: Duration,
    ) -> Result<Stamp, PublishTimeoutError<F>> {
        self.publish_in_time(write, |ring, write| {
            ring.publish_with_timeout(write, timeout).map_err(|refused| refused.map(drop))
        })
    }

    /// Publishes an event that is written in place, and returns its stamp. Waits at most until
    /// `deadline` while the ring is full.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the closure if the ring was full until then.
    ///
    /// # Panics
    ///
    /// As [`publish_with`](Self::publish_with).
    #[track_caller]
    pub fn publish_with_deadline<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
        deadline: Instant,
    ) -> Result<Stamp, PublishTimeoutError<F>> {
        self.publish_in_time(write, |ring, write| {
            ring.publish_with_deadline(write, deadline).map_err(|refused| refused.map(drop))
        })
    }

    /// Publishes through a method of the ring that may refuse.
    #[track_caller]
    fn publish_in_time<F: FnOnce(&mut T)>(
        &mut self,
        write: F,
        publish: impl FnOnce(
            &mut broadring::Writer<Stamped<T>>,
            &mut dyn FnMut(&mut Stamped<T>),
        ) -> Result<Sequence, PublishTimeoutError<()>>,
    ) -> Result<Stamp, PublishTimeoutError<F>> {
        let Self { ring, publisher } = self;
        let first = ring.cursor().get();
        let mut begun = None;
        let mut parts = Some((publisher, write));
        let published = publish(ring, &mut |slot| {
            let (publisher, write) = unused(parts.take());
            begun = Some(publisher.write(slot, first, write));
        });
        match published {
            Ok(_) => Ok(stamp_of(begun)),
            Err(refused) => Err(refused.map(|()| unused(parts).1)),
        }
    }

    /// Returns the number of this writer: the source of its events.
    pub fn id(&self) -> SourceId {
        self.publisher.source.id
    }

    /// Returns the name that the writer was given.
    pub fn name(&self) -> Option<&str> {
        self.ring.name()
    }

    /// Returns this writer as its readers see it, with its ring: to observe it, to count, and to ask who
    /// holds it back.
    pub fn source(&self) -> Source<T> {
        self.publisher.source.source()
    }

    /// Returns the stamp of the latest publication; [`Stamp::MIN`] before the first.
    pub fn latest(&self) -> Stamp {
        self.publisher.latest
    }

    /// Returns how many events the writer has published: the sequence of the next one in its ring.
    pub fn cursor(&self) -> Sequence {
        self.ring.cursor()
    }

    /// Returns the number of slots of the ring of this writer.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// Returns how many events can be published without waiting. May be too small by the time you see
    /// it, never too large, unless readers join meanwhile.
    pub fn remaining_capacity(&mut self) -> usize {
        self.ring.remaining_capacity()
    }
}

impl<T, C: Clock> fmt::Debug for Writer<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("latest", &self.latest())
            .finish_non_exhaustive()
    }
}

/// Ends a publication, and returns its stamp.
#[inline(always)]
fn stamp_of<C: Clock>(begun: Option<Publication<'_, C>>) -> Stamp {
    begun.expect("what is published was written").stamp
}

/// Returns what was moved in, for a closure that the ring has not called.
fn unused<P>(parts: Option<P>) -> P {
    parts.expect("the ring calls the closure at most once, and not if it refuses")
}

/// Moves the event into the slot. The old one takes its place, to be dropped after the publication.
#[inline(always)]
fn swap<T>(slot: &mut T, event: &mut Option<T>) {
    if let Some(event) = event {
        mem::swap(slot, event);
    }
}
