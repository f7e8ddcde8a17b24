//! Looking in a task: the future of an observer.

#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::FusedFuture;

use super::lent::{Awaited, Lent};
use super::sleeper::Sleeper;
use crate::error::End;
use crate::handles::{Glimpse, Observer};
use crate::sync::strong;

impl<T> Observer<T> {
    /// Looks at the events in the ring from where the last look ended. Waits in a task until there
    /// is at least one.
    ///
    /// The glimpse holds the writer back when that comes round to it, also while the task awaits
    /// something else, so keep it short. While the task waits, the writer goes on. A future that is
    /// dropped before it is ready was no look. See [what a poll
    /// costs](crate::asynch#progress-and-costs).
    ///
    /// # Errors
    ///
    /// [`End`] when nothing more will be published.
    ///
    /// # Panics
    ///
    /// If the future is polled after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0_u64);
    /// let mut tap = ring.observe()?;
    /// let publishing = std::thread::spawn(move || writer.publish_all(0..100));
    /// let (mut seen, mut missed) = (0, 0);
    /// futures::executor::block_on(async {
    ///     while let Ok(glimpse) = tap.look_async().await {
    ///         seen += glimpse.len() as u64;
    ///         missed += glimpse.missed();
    ///     }
    /// });
    /// assert_eq!(seen + missed, 100);
    /// # publishing.join().unwrap();
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn look_async(&mut self) -> LookFuture<'_, T> {
        LookFuture(Lent::new(self))
    }

    /// Returns how the observer sleeps in a task.
    fn sleeper(&self) -> Sleeper<'_> {
        let core = self.core();
        Sleeper {
            place: core.sleeps_at(),
            owner: core.task(),
            parks: &core.gate().counters().parks,
        }
    }
}

impl<T> Awaited for Observer<T> {
    type Found = ();

    #[inline]
    fn poll_found(&mut self, registered: &mut bool, cx: &Context<'_>) -> Poll<Result<(), End>> {
        let looks_again = || strong!("asynch.look_again");
        self.sleeper().poll(registered, cx, looks_again, || self.news())
    }

    fn deregister(&self, registered: &mut bool) {
        self.sleeper().deregister(registered);
    }
}

/// The future of a look; from [`Observer::look_async`].
///
/// Dropping it before it is ready changes nothing: it was no look.
#[must_use = "futures do nothing unless polled"]
pub struct LookFuture<'o, T>(Lent<'o, Observer<T>>);

impl<'o, T> Future for LookFuture<'o, T> {
    type Output = Result<Glimpse<'o, T>, End>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map_ok(|(observer, ())| observer.glimpse(usize::MAX))
    }
}

impl<T> FusedFuture for LookFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.0.is_done()
    }
}

impl<T> fmt::Debug for LookFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, "LookFuture")
    }
}
