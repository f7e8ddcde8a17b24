//! The thread of an editor: how it is started, and how it feeds its handler.

#![forbid(unsafe_code)]

use core::ops::ControlFlow;
use std::time::Duration;

use super::builder::ThreadBuilder;
use super::edit_handler::EditHandler;
use super::error::SpawnError;
use super::handler::Each;
use super::seat::Seat;
use super::thread::ManagedThread;
use crate::error::{End, ReadTimeoutError};
use crate::handles::Editor;
use crate::sequence::Sequence;

impl<T> ThreadBuilder<Editor<T>> {
    /// Starts the thread with a closure as its handler. The closure gets the event, to change it in
    /// place, its sequence, and whether it is the last event of its batch.
    ///
    /// The thread passes events on a batch at a time, and at least every quarter of the ring. It
    /// ends when the ring is closed and everything was passed on. If the closure panics, the event
    /// that it was given is not passed on, and no later one; those before it are. Then the editor
    /// leaves, which [ends the stream](Editor#leaving) for everybody behind it, and
    /// [`ManagedThread::join`] returns the panic.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] if the core does not exist, or if the system gives no thread. The editor has
    /// then left, and the closure is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::managed::ThreadBuilder;
    ///
    /// let (mut writer, [double], ring) =
    ///     broadring::Ring::builder(8).build_with_editors(["double"], || 0);
    /// let mut reader = ring.subscribe()?;
    /// let double = ThreadBuilder::new(double).spawn(|number, _, _| *number *= 2)?;
    /// writer.publish_all([1, 2, 3]);
    /// drop(writer);
    /// double.join()?;
    /// assert!(reader.try_batch()?.events().eq(&[2, 4, 6]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spawn<F>(self, edit: F) -> Result<ManagedThread<T, ()>, SpawnError>
    where
        T: Send + Sync + 'static,
        F: FnMut(&mut T, Sequence, bool) + Send + 'static,
    {
        self.spawn_with(|| Each(edit))
    }

    /// Starts the thread with a handler that is built on the thread, and so need not be `Send`.
    ///
    /// If building the handler panics, the editor leaves, and [`ManagedThread::join`] returns that
    /// panic, like any other panic of the handler.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    pub fn spawn_with<H, M>(self, make: M) -> Result<ManagedThread<T, H::Output>, SpawnError>
    where
        T: Send + Sync + 'static,
        M: FnOnce() -> H + Send + 'static,
        H: EditHandler<T>,
        H::Output: Send + 'static,
    {
        self.start(|seat: Seat<Editor<T>>, idle_after| {
            seat.serve(make, |seat, handler| seat.feed(handler, idle_after), H::on_close)
        })
    }
}

impl<T> Seat<Editor<T>> {
    /// Gives the handler every event, until there are no more or it is to stop.
    fn feed(&mut self, handler: &mut impl EditHandler<T>, idle_after: Option<Duration>) -> End {
        let Self { handle: editor, control } = self;
        let state = &control.state;
        while !state.is_stopped() && !handler.is_done() {
            match editor.batch_unless_stopped(idle_after, || state.is_stopped()) {
                Ok(batch) => {
                    let end = batch.sequences().end;
                    // A break passes on what was handled; the loop condition then ends the loop.
                    let _ = batch.try_for_each(|event, sequence| {
                        let next = sequence + 1;
                        handler.on_event(event, sequence, next == end);
                        state.handled_below(next);
                        if state.seems_stopped() || handler.is_done() {
                            return ControlFlow::Break(());
                        }
                        ControlFlow::Continue(())
                    });
                }
                Err(ReadTimeoutError::Timeout) => handler.on_idle(),
                Err(ReadTimeoutError::Ended(end)) => return end,
            }
        }
        End::Stopped
    }
}
