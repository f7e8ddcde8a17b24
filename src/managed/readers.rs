//! The thread of a reader: how it is started, and how it feeds its handler.

#![forbid(unsafe_code)]

use core::ops::ControlFlow;
use std::time::Duration;

use super::builder::ThreadBuilder;
use super::control::State;
use super::error::SpawnError;
use super::handler::{Each, Handler};
use super::seat::Seat;
use super::thread::ManagedThread;
use crate::error::{End, ReadTimeoutError};
use crate::handles::{Batch, Reader, ReaderBuilder};
use crate::sequence::Sequence;

impl<T> ReaderBuilder<T> {
    /// Starts to describe a thread for the reader, which runs a handler: see
    /// [`managed`](crate::managed).
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let printer = ring.reader().name("printer").managed().spawn(|event, sequence, _| {
    ///     println!("{sequence}: {event}");
    /// })?;
    /// writer.publish(5);
    /// drop(writer);
    /// printer.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn managed(self) -> ThreadBuilder<Reader<T>> {
        ThreadBuilder::describe(self)
    }
}

impl<T> ThreadBuilder<Reader<T>> {
    /// Starts the thread with a closure as its handler. The closure gets the event, its
    /// sequence, and whether it is the last event of its batch.
    ///
    /// When this returns, the reader has joined: the thread gets every event published from
    /// then on. The thread ends when the ring is closed and everything was read. If the closure
    /// panics, the event that it was given counts as read, the reader leaves, and
    /// [`ManagedThread::join`] returns the panic.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] if the reader cannot join, if the core does not exist, or if the system gives
    /// no thread. There is then no reader and no thread, and the closure is dropped.
    pub fn spawn<F>(self, handle: F) -> Result<ManagedThread<T, ()>, SpawnError>
    where
        T: Send + Sync + 'static,
        F: FnMut(&T, Sequence, bool) + Send + 'static,
    {
        self.spawn_with(|| Each(handle))
    }

    /// Starts the thread with a handler that is built on the thread, and so need not be `Send`.
    ///
    /// When this returns, the reader has joined: the thread gets every event published from
    /// then on, also while the handler is still being built. If building it panics,
    /// [`ManagedThread::join`] returns that panic, like any other panic of the handler.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    pub fn spawn_with<H, M>(self, make: M) -> Result<ManagedThread<T, H::Output>, SpawnError>
    where
        T: Send + Sync + 'static,
        M: FnOnce() -> H + Send + 'static,
        H: Handler<T>,
        H::Output: Send + 'static,
    {
        self.start(|seat: Seat<Reader<T>>, idle_after| {
            seat.serve(make, |seat, handler| seat.feed(handler, idle_after), H::on_close)
        })
    }
}

impl<T> Seat<Reader<T>> {
    /// Gives the handler every event, until there are no more or it is to stop.
    fn feed(&mut self, handler: &mut impl Handler<T>, idle_after: Option<Duration>) -> End {
        let Self { handle: reader, control } = self;
        let state = &control.state;
        while !state.is_stopped() && !handler.is_done() {
            match reader.core.batch_unless_stopped(idle_after, || state.is_stopped()) {
                Ok(batch) => hand_out(batch, handler, state),
                Err(ReadTimeoutError::Timeout) => handler.on_idle(),
                Err(ReadTimeoutError::Ended(end)) => return end,
            }
        }
        End::Stopped
    }
}

/// Gives the handler the events of a batch, until there are no more or it is to stop. In both cases
/// what was handled is committed, and the caller then finds out which it was.
#[inline]
pub(super) fn hand_out<T>(batch: Batch<'_, T>, handler: &mut impl Handler<T>, state: &State) {
    let end = batch.sequences().end;
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
