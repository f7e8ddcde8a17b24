//! Editing in a task: the future of an editor.

#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::FusedFuture;

use super::lent::{Awaited, Lent};
use super::sleeper::Sleeper;
use crate::error::End;
use crate::handles::{EditBatch, Editor};
use crate::sync::strong;
use crate::waiting::Owner;

impl<T> Editor<T> {
    /// Borrows all events that have arrived. Waits in a task until there is at least one.
    ///
    /// Dropping the batch passes its events on, as always. While the task holds it, also while it
    /// awaits something else, no handle behind the editor gets these events, and the writer is held
    /// back once the ring is full. A future that is dropped before it is ready has changed nothing.
    /// See [what a poll costs](crate::asynch#progress-and-costs).
    ///
    /// # Errors
    ///
    /// [`End`] when nothing more will arrive: [`End::Closed`] once the writer is gone and
    /// everything was passed on.
    ///
    /// # Panics
    ///
    /// If the future is polled after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, [mut editor], ring) =
    ///     broadring::Ring::builder(8).build_with_editors(["double"], || 0);
    /// let mut reader = ring.subscribe()?;
    /// let publishing = std::thread::spawn(move || writer.publish_all([1, 2, 3]));
    /// futures::executor::block_on(async {
    ///     while let Ok(mut batch) = editor.batch_async().await {
    ///         for (_sequence, number) in &mut batch {
    ///             *number *= 2;
    ///         }
    ///     }
    /// });
    /// assert!(reader.try_batch()?.events().eq(&[2, 4, 6]));
    /// # publishing.join().unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch_async(&mut self) -> EditBatchFuture<'_, T> {
        EditBatchFuture(Lent::new(self))
    }

    /// Returns how the editor sleeps in a task.
    fn sleeper(&self) -> Sleeper<'_> {
        Sleeper {
            place: self.sleeps_at(),
            // No other handle is registered there.
            owner: Owner::Handle(0),
            parks: &self.stage().counters.parks,
        }
    }
}

impl<T> Awaited for Editor<T> {
    /// The end of the events that have arrived.
    type Found = u64;

    #[inline]
    fn poll_found(&mut self, registered: &mut bool, cx: &Context<'_>) -> Poll<Result<u64, End>> {
        let looks_again = || strong!("asynch.edit_again");
        self.sleeper().poll(registered, cx, looks_again, || self.poll())
    }

    fn deregister(&self, registered: &mut bool) {
        self.sleeper().deregister(registered);
    }
}

/// The future of a batch of all events that have arrived at an editor; from
/// [`Editor::batch_async`].
///
/// Dropping it before it is ready changes nothing.
#[must_use = "futures do nothing unless polled"]
pub struct EditBatchFuture<'e, T>(Lent<'e, Editor<T>>);

impl<'e, T> Future for EditBatchFuture<'e, T> {
    type Output = Result<EditBatch<'e, T>, End>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map_ok(|(editor, end)| editor.batch(end, usize::MAX))
    }
}

impl<T> FusedFuture for EditBatchFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.0.is_done()
    }
}

impl<T> fmt::Debug for EditBatchFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, "EditBatchFuture")
    }
}
