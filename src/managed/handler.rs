//! The handler of a managed thread, and the loop that feeds it.

#![forbid(unsafe_code)]

use core::ops::ControlFlow;
use std::time::Duration;

use super::control::Control;
use crate::error::{End, ReadTimeoutError};
use crate::handles::Reader;
use crate::sequence::Sequence;
use crate::sync::Arc;

/// What a managed thread does with its events, and the state that it needs for that.
///
/// [`ThreadBuilder::spawn_with`](super::ThreadBuilder::spawn_with) builds the handler on the thread
/// where it then stays. So the handler need not be `Send`, only its [output](Self::Output). Where a
/// closure is enough, use [`spawn`](super::ThreadBuilder::spawn).
///
/// There is no callback for the start: at the start the handler is built.
///
/// # Examples
///
/// ```
/// use std::fs::File;
/// use std::io::{self, BufWriter, Write};
///
/// use broadring::managed::Handler;
/// use broadring::{End, Sequence};
///
/// /// Writes every event to a file, until that fails.
/// struct Journal {
///     file: BufWriter<File>,
///     written: io::Result<()>,
/// }
///
/// impl Handler<String> for Journal {
///     type Output = io::Result<()>;
///
///     fn on_event(&mut self, event: &String, _: Sequence, end_of_batch: bool) {
///         self.written = writeln!(self.file, "{event}");
///         if end_of_batch && self.written.is_ok() {
///             self.written = self.file.flush();
///         }
///     }
///
///     fn is_done(&self) -> bool {
///         self.written.is_err()
///     }
///
///     fn on_close(self, _: End) -> io::Result<()> {
///         self.written
///     }
/// }
/// ```
pub trait Handler<T>: Sized {
    /// What the handler leaves in the end, returned by
    /// [`ReaderThread::join`](super::ReaderThread::join).
    type Output;

    /// Handles an event. `end_of_batch` says that the event is the last of its batch: the moment to
    /// flush what was gathered.
    ///
    /// If this panics, the event counts as read, the reader leaves, and
    /// [`ReaderThread::join`](super::ReaderThread::join) returns the panic.
    fn on_event(&mut self, event: &T, sequence: Sequence, end_of_batch: bool);

    /// Called when no event has come for as long as
    /// [`idle_after`](super::ThreadBuilder::idle_after) says, and again after the same time. Does
    /// nothing by default.
    fn on_idle(&mut self) {}

    /// Whether the handler is done and takes no more events. Asked before the first event and then
    /// after every call; `false` by default. When it is `true`, the reader leaves, and
    /// [`on_close`](Self::on_close) gets [`End::Stopped`].
    fn is_done(&self) -> bool {
        false
    }

    /// Called when there is nothing more to handle, with the reason. The reader has left by
    /// then, so this does not hold the writer back.
    fn on_close(self, end: End) -> Self::Output;
}

/// A handler made of a closure.
pub(super) struct Each<F>(pub(super) F);

impl<T, F: FnMut(&T, Sequence, bool)> Handler<T> for Each<F> {
    type Output = ();

    #[inline]
    fn on_event(&mut self, event: &T, sequence: Sequence, end_of_batch: bool) {
        self.0(event, sequence, end_of_batch);
    }

    fn on_close(self, _: End) {}
}

/// A reader on its thread. Dropping it, also by a panic, notes its position and makes the reader
/// leave.
pub(super) struct Seat<T> {
    reader: Reader<T>,
    control: Arc<Control<T>>,
}

impl<T> Seat<T> {
    pub(super) fn new(reader: Reader<T>, control: Arc<Control<T>>) -> Self {
        Self { reader, control }
    }

    /// Builds the handler, gives it every event, and closes it.
    pub(super) fn serve<H: Handler<T>>(
        self,
        make: impl FnOnce() -> H,
        idle_after: Option<Duration>,
    ) -> (H::Output, End) {
        let mut handler = make();
        // Declared after the handler, so that the reader leaves first if the handler panics.
        let mut seat = self;
        let end = seat.feed(&mut handler, idle_after);
        drop(seat);
        (handler.on_close(end.clone()), end)
    }

    /// Gives the handler every event, until there are no more or it is to stop.
    fn feed(&mut self, handler: &mut impl Handler<T>, idle_after: Option<Duration>) -> End {
        let Self { reader, control } = self;
        let state = &control.state;
        while !state.is_stopped() && !handler.is_done() {
            match reader.core.batch_unless_stopped(idle_after, || state.is_stopped()) {
                Ok(batch) => {
                    let end = batch.sequences().end;
                    // A break commits what was handled; the loop condition then ends the loop.
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

impl<T> Drop for Seat<T> {
    fn drop(&mut self) {
        self.control.state.handled_below(self.reader.position());
    }
}
