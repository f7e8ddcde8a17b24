//! What is done with the events, and the loop that does it.

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
/// [`ThreadBuilder::spawn_with`](super::ThreadBuilder::spawn_with) builds it on the thread
/// where it then stays: it need not be `Send`, only what it [returns](Self::Output) in the
/// end. Where a closure will do, there is [`spawn`](super::ThreadBuilder::spawn).
///
/// There is no callback for the start: that is where the handler is built.
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
    /// What becomes of the handler in the end: what
    /// [`ReaderThread::join`](super::ReaderThread::join) returns.
    type Output;

    /// Handles an event. `end_of_batch` says that no other was there when this one was
    /// read: the moment to flush what was gathered.
    ///
    /// If it panics, the event counts as read, the reader leaves, and the panic comes back
    /// from [`ReaderThread::join`](super::ReaderThread::join).
    fn on_event(&mut self, event: &T, sequence: Sequence, end_of_batch: bool);

    /// Called when no event has come for as long as
    /// [`idle_after`](super::ThreadBuilder::idle_after) says, and again after as long.
    /// Does nothing unless defined.
    fn on_idle(&mut self) {}

    /// Whether the handler wants no more events. Asked before the first event and then
    /// after every call; always `false` unless defined. If it is `true` the reader leaves,
    /// and [`on_close`](Self::on_close) gets [`End::Stopped`].
    fn is_done(&self) -> bool {
        false
    }

    /// Called when there is nothing more to handle, with the reason. The reader has left
    /// by then, so that nobody waits for what is done here.
    fn on_close(self, end: End) -> Self::Output;
}

/// A handler that is only a closure.
pub(super) struct Each<F>(pub(super) F);

impl<T, F: FnMut(&T, Sequence, bool)> Handler<T> for Each<F> {
    type Output = ();

    #[inline]
    fn on_event(&mut self, event: &T, sequence: Sequence, end_of_batch: bool) {
        self.0(event, sequence, end_of_batch);
    }

    fn on_close(self, _: End) {}
}

/// A reader on its thread. Dropping it, also by a panic, makes the reader leave, and notes
/// how far it has come.
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
        // Declared after the handler, so that the reader leaves first if that panics.
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
                    // Breaking off commits what was handled, and the loop ends.
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
