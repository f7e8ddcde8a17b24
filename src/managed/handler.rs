//! The handler of the managed thread of a reader or an observer.

#![forbid(unsafe_code)]

use crate::error::End;
use crate::sequence::Sequence;

/// What the managed thread of a [`Reader`](crate::Reader) or an [`Observer`](crate::Observer) does
/// with its events, and the state that it needs for that. Editors have an
/// [`EditHandler`](super::EditHandler).
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
    /// [`ManagedThread::join`](super::ManagedThread::join).
    type Output;

    /// Handles an event. `end_of_batch` says that the event is the last of its batch: the moment to
    /// flush what was gathered.
    ///
    /// If this panics, the event counts as read, the reader or observer leaves, and
    /// [`ManagedThread::join`](super::ManagedThread::join) returns the panic.
    fn on_event(&mut self, event: &T, sequence: Sequence, end_of_batch: bool);

    /// Called when an observer has missed events, with their number, before it handles the next
    /// one: at most once for each look, also if that shows no event. Does nothing by default. A
    /// reader misses none.
    ///
    /// If this panics, the next event is not handled, the observer leaves, and
    /// [`ManagedThread::join`](super::ManagedThread::join) returns the panic.
    fn on_missed(&mut self, missed: u64) {
        let _ = missed;
    }

    /// Called when no event has come for as long as
    /// [`idle_after`](super::ThreadBuilder::idle_after) says, and again after the same time. Does
    /// nothing by default.
    fn on_idle(&mut self) {}

    /// Whether the handler is done and takes no more events. Asked before the first event and then
    /// after every call; `false` by default. When it is `true`, the reader or observer
    /// leaves, and [`on_close`](Self::on_close) gets [`End::Stopped`].
    fn is_done(&self) -> bool {
        false
    }

    /// Called when there is nothing more to handle, with the reason. The reader or observer has
    /// left by then, so this does not hold the writer back.
    fn on_close(self, end: End) -> Self::Output;
}

/// A handler made of a closure: for readers, observers or editors, depending on what it takes.
pub(super) struct Each<F>(pub(super) F);

impl<T, F: FnMut(&T, Sequence, bool)> Handler<T> for Each<F> {
    type Output = ();

    #[inline]
    fn on_event(&mut self, event: &T, sequence: Sequence, end_of_batch: bool) {
        self.0(event, sequence, end_of_batch);
    }

    fn on_close(self, _: End) {}
}
