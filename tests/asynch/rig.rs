//! A task that counts its wake-ups, and polls that must be ready or pending.

use std::fmt::Debug;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A task, reduced to its waker: counts how often it was woken and how many of its wakers
/// are registered somewhere.
#[derive(Default)]
pub(crate) struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Task {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How often this task was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Polls a future with a waker of this task.
    pub(crate) fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        poll(future, &Waker::from(Arc::clone(self)))
    }

    /// Polls a future that must not be ready.
    #[track_caller]
    pub(crate) fn expect_pending<F: Future<Output: Debug> + Unpin>(
        self: &Arc<Self>,
        future: &mut F,
    ) {
        let polled = self.poll(future);
        assert!(polled.is_pending(), "ready already: {polled:?}");
    }

    /// How many wakers of this task are registered.
    pub(crate) fn wakers(self: &Arc<Self>) -> usize {
        Arc::strong_count(self) - 1
    }
}

/// Polls a future once with this waker.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// A future that must be ready at the first poll.
#[track_caller]
pub(crate) fn expect_ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}
