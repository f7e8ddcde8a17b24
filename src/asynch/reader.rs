//! Reading in a task: the futures of a reader, and how a reading task sleeps.

#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::ptr;
use core::task::{Context, Poll};

use futures_core::FusedFuture;

use super::lent::{Awaited, Lent};
use crate::error::{End, TryReadError};
use crate::handles::{Batch, Reader, ReaderCore, Release};
use crate::sync::strong;
use crate::waiting::{Owner, Place};

impl<T> Reader<T> {
    /// Returns a clone of the next event. Waits in a task until there is one.
    ///
    /// The event counts as read when the future is ready. A future that is dropped before has read
    /// nothing: the next call reads that event. See [what a poll
    /// costs](crate::asynch#progress-and-costs).
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] once the writer is gone
    /// and everything was read.
    ///
    /// # Panics
    ///
    /// As [`recv`](Self::recv), when it is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::{End, Ring};
    ///
    /// let (mut writer, ring) = Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// let publishing = std::thread::spawn(move || writer.publish(7));
    /// futures::executor::block_on(async {
    ///     assert_eq!(reader.recv_async().await, Ok(7));
    ///     assert_eq!(reader.recv_async().await, Err(End::Closed));
    /// });
    /// # publishing.join().unwrap();
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn recv_async(&mut self) -> RecvFuture<'_, T>
    where
        T: Clone,
    {
        RecvFuture(Lent::new(self))
    }

    /// Borrows all available events. Waits in a task until there is at least one.
    ///
    /// The batch holds the writer back for as long as it is kept, also while the task awaits
    /// something else, and commits when it is dropped. A future that is dropped before it is ready
    /// has read nothing. See [what becomes of a batch in a cancelled
    /// task](crate::asynch#cancelling).
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read: [`End::Closed`] once the writer is gone
    /// and everything was read.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0_u64);
    /// # let mut reader = ring.subscribe()?;
    /// let publishing = std::thread::spawn(move || writer.publish_all(1..=100));
    /// let mut sum = 0;
    /// futures::executor::block_on(async {
    ///     while let Ok(batch) = reader.batch_async().await {
    ///         sum += batch.events().sum::<u64>();
    ///     }
    /// });
    /// assert_eq!(sum, 5050);
    /// # publishing.join().unwrap();
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn batch_async(&mut self) -> BatchFuture<'_, T> {
        BatchFuture(Lent::new(self))
    }
}

impl<T> ReaderCore<T> {
    /// Polls for events. If there are none, registers the task, so that it is woken when there are,
    /// and sets `registered`.
    pub(super) fn poll_fill(
        &mut self,
        registered: &mut bool,
        cx: &Context<'_>,
    ) -> Poll<Result<(), End>> {
        let filled = loop {
            match self.try_fill() {
                Ok(_) => break Ok(()),
                Err(TryReadError::Ended(end)) => break Err(end),
                Err(TryReadError::Empty) => (),
            }
            let Place { events, threshold } = self.sleeps_at();
            if events.register_task(self.task(), threshold, cx.waker()) {
                self.gate().counters().parks.add(1);
            }
            let events = ptr::from_ref(events);
            *registered = true;
            if !strong!("asynch.read_again") {
                return Poll::Pending;
            }
            match self.try_fill() {
                Ok(_) => break Ok(()),
                Err(TryReadError::Ended(end)) => break Err(end),
                Err(TryReadError::Empty) => {
                    // The laggard at whose event count the task is registered may have come far
                    // enough by now, and another one not: then register there too.
                    let there = ptr::eq(self.sleeps_at().events, events);
                    if there || !strong!("asynch.laggard_again") {
                        return Poll::Pending;
                    }
                }
            }
        };
        // A waker may panic when it is dropped: then what was just found is released again.
        let looking = Release(self);
        looking.0.deregister(registered);
        mem::forget(looking);
        Poll::Ready(filled)
    }

    /// Removes the registrations that `poll_fill` has made, if any.
    pub(super) fn deregister(&self, registered: &mut bool) {
        if mem::take(registered) {
            self.deregister_task(self.task());
        }
    }

    /// Returns who registers when this handle waits in a task.
    pub(super) fn task(&self) -> Owner {
        Owner::Handle(self.gate().index())
    }
}

impl<T> Awaited for Reader<T> {
    type Found = ();

    #[inline]
    fn poll_found(&mut self, registered: &mut bool, cx: &Context<'_>) -> Poll<Result<(), End>> {
        self.core.poll_fill(registered, cx)
    }

    fn deregister(&self, registered: &mut bool) {
        self.core.deregister(registered);
    }
}

/// The future of the next event; from [`Reader::recv_async`].
///
/// Dropping it before it is ready reads nothing.
#[must_use = "futures do nothing unless polled"]
pub struct RecvFuture<'r, T>(Lent<'r, Reader<T>>);

impl<T: Clone> Future for RecvFuture<'_, T> {
    type Output = Result<T, End>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, End>> {
        self.0.poll(cx).map_ok(|(reader, ())| reader.core.take_clone(reader.core.hold()))
    }
}

impl<T: Clone> FusedFuture for RecvFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.0.is_done()
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, "RecvFuture")
    }
}

/// The future of a batch of all available events; from [`Reader::batch_async`].
///
/// Dropping it before it is ready reads nothing.
#[must_use = "futures do nothing unless polled"]
pub struct BatchFuture<'r, T>(Lent<'r, Reader<T>>);

impl<'r, T> Future for BatchFuture<'r, T> {
    type Output = Result<Batch<'r, T>, End>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Batch<'r, T>, End>> {
        self.0.poll(cx).map_ok(|(reader, ())| Batch::new(&mut reader.core, usize::MAX))
    }
}

impl<T> FusedFuture for BatchFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.0.is_done()
    }
}

impl<T> fmt::Debug for BatchFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, "BatchFuture")
    }
}
