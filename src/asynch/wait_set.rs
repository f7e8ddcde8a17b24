//! Waiting for several handles in a task.

#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::FusedFuture;

use crate::handles::{Registered, WaitSet, Waitable, first_ready};

impl WaitSet {
    /// Waits in a task until one of the handles is ready, and returns the index of the first that is:
    /// see [`wait`](Self::wait). It never is, if there are no handles.
    ///
    /// A future that is dropped before has done nothing. [The wait strategy](Self::strategy) concerns
    /// threads only.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::{Ring, WaitSet, Waitable};
    ///
    /// let (mut orders, ring) = Ring::builder(8).build(|| 0_u64);
    /// let mut order = ring.subscribe()?;
    /// let (_trades, ring) = Ring::builder(8).build(String::new);
    /// let trade = ring.subscribe()?;
    /// let writing = std::thread::spawn(move || orders.publish(7));
    ///
    /// let mut set = WaitSet::new();
    /// futures::executor::block_on(async {
    ///     let both: [&dyn Waitable; 2] = [&trade, &order];
    ///     assert_eq!(set.ready_async(&both).await, 1);
    ///     assert_eq!(order.try_recv(), Ok(7));
    /// });
    /// # writing.join().unwrap();
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn ready_async<'w, W: Waitable>(&'w mut self, handles: &'w [W]) -> AnyReadyFuture<'w, W> {
        AnyReadyFuture { waiting: Some(Waiting { set: self, handles, registered: None }) }
    }
}

/// The future of a handle that is ready; from [`WaitSet::ready_async`].
///
/// Dropping it changes nothing.
#[must_use = "futures do nothing unless polled"]
pub struct AnyReadyFuture<'w, W: Waitable> {
    /// `None` when the future is done.
    waiting: Option<Waiting<'w, W>>,
}

struct Waiting<'w, W: Waitable> {
    set: &'w mut WaitSet,
    handles: &'w [W],
    /// The registrations of the task, from the first poll that was pending. Dropping them ends them.
    registered: Option<Registered<'w, W>>,
}

impl<W: Waitable> Future for AnyReadyFuture<'_, W> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        // Put back only if the poll is pending: if a waker panics, all registrations end.
        let Some(mut waiting) = self.waiting.take() else {
            panic!("a future was polled after it was done")
        };
        let Waiting { set, handles, registered } = &mut waiting;
        if let Some(ready) = first_ready(handles) {
            return Poll::Ready(ready);
        }
        let number = set.number();
        registered.get_or_insert_with(|| Registered { set: number, handles });
        match set.register(handles, cx.waker(), || first_ready(handles)) {
            Some(ready) => Poll::Ready(ready),
            None => {
                self.waiting = Some(waiting);
                Poll::Pending
            }
        }
    }
}

impl<W: Waitable> FusedFuture for AnyReadyFuture<'_, W> {
    fn is_terminated(&self) -> bool {
        self.waiting.is_none()
    }
}

impl<W: Waitable> fmt::Debug for AnyReadyFuture<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyReadyFuture").field("done", &self.waiting.is_none()).finish()
    }
}
