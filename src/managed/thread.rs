//! The handle of a managed thread.

#![forbid(unsafe_code)]

use core::fmt;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::control::{Control, Controlled};
use super::error::JoinError;
use crate::handles::Upstream;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::Arc;

/// The thread of a reader, an observer or an editor, which it runs on its own; from
/// [`ThreadBuilder::spawn`](super::ThreadBuilder::spawn).
///
/// Dropping this does nothing to the thread, which goes on until the ring is closed; its output is
/// then lost.
///
/// # Examples
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let picky = ring.reader().name("picky").managed().spawn(|event, _, _| {
///     assert_ne!(*event, 3, "this is too much");
/// })?;
/// writer.publish_all([1, 2, 3, 4]);
/// let error = picky.join().unwrap_err();
/// assert!(error.message().unwrap().contains("this is too much"));
/// assert!(!writer.has_readers());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ManagedThread<T, R> {
    control: Arc<Control<T>>,
    thread: JoinHandle<Result<R, JoinError>>,
}

impl<T, R> ManagedThread<T, R> {
    pub(super) fn new(control: Arc<Control<T>>, thread: JoinHandle<Result<R, JoinError>>) -> Self {
        Self { control, thread }
    }

    /// Returns the name of the member, which is in that of its thread.
    pub fn name(&self) -> Option<&str> {
        self.member().name()
    }

    /// Returns the identity of the member, with which errors and snapshots name it: a reader, an
    /// observer or an editor.
    pub fn member(&self) -> &Member {
        self.control.state.member()
    }

    /// Returns the sequence of the first event that is not handled: the event that is being handled
    /// now, if there is one. What an observer has missed comes before it. It may be outdated by the
    /// time you see it.
    pub fn position(&self) -> Sequence {
        self.control.state.position()
    }

    /// Returns how many events there are for the thread and are not handled, even if they never
    /// will be: for a reader, of those published; for an editor, of those that have arrived; for an
    /// observer, of those published since it has looked. Others may come or be handled meanwhile.
    pub fn lag(&self) -> u64 {
        self.control.lag()
    }

    /// Whether the thread is done: its handle has left the ring, its handler is closed or has
    /// panicked, and [`join`](Self::join) does not wait for it.
    pub fn is_finished(&self) -> bool {
        self.control.state.is_over()
    }

    /// Tells the thread to stop before its next event, and wakes it if it waits for one. Its
    /// handler is closed with [`End::Stopped`](crate::End::Stopped). The thread finishes the
    /// event that it is handling; this does not wait for that. An editor passes on what was handled
    /// and leaves, which [ends the stream](crate::Editor#leaving) for everybody behind it.
    ///
    /// If the thread is in a group that was not started, its handler is never built.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let idle = ring.reader().managed().spawn(|_, _, _| ())?;
    /// idle.stop();
    /// idle.join()?;
    /// assert!(!ring.is_closed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop(&self) {
        self.control.stop();
    }

    /// Waits until the thread is done, and returns the output of its handler. The thread is
    /// done when the ring is closed and everything was handled, when it was told to
    /// [`stop`](Self::stop), or when its handler is done.
    ///
    /// # Errors
    ///
    /// [`JoinError`] with the panic, if the handler panicked.
    pub fn join(self) -> Result<R, JoinError> {
        let Self { control, thread } = self;
        let panicked = |payload| JoinError::panicked(control.state.member().clone(), payload);
        thread.join().map_err(panicked)?
    }

    /// Waits until the thread is done, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// The handle itself if the thread is not done in time; otherwise what
    /// [`join`](Self::join) returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let thread = ring.reader().managed().spawn(|_, _, _| ())?;
    /// let thread = thread.join_timeout(Duration::from_millis(1)).unwrap_err();
    /// drop(writer);
    /// thread.join_timeout(Duration::from_secs(10)).expect("it is done in time")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join_timeout(self, timeout: Duration) -> Result<Result<R, JoinError>, Self> {
        let deadline = Instant::now().checked_add(timeout);
        match self.control.state.wait_until_over(deadline) {
            Some(_) => Ok(self.join()),
            None => Err(self),
        }
    }
}

/// Names the reader of the thread, so that others can come after it while it runs. No reader can
/// come after an observer or an editor: then [`ReaderBuilder::after`](crate::ReaderBuilder::after)
/// fails.
///
/// # Examples
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let journal = ring.reader().name("journal").managed().spawn(|event, _, _| {
///     println!("noted: {event}");
/// })?;
/// let logic = ring.reader().name("logic").after(&journal)?.managed().spawn(|event, _, _| {
///     println!("done: {event}"); // after it was noted
/// })?;
/// writer.publish_all([1, 2, 3]);
/// drop(writer);
/// journal.join()?;
/// logic.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<T, R> From<&ManagedThread<T, R>> for Upstream<T> {
    fn from(thread: &ManagedThread<T, R>) -> Self {
        Self::new(thread.control.ring.clone(), thread.member().clone())
    }
}

impl<T, R> fmt::Debug for ManagedThread<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedThread")
            .field("member", self.member())
            .field("position", &self.position())
            .field("lag", &self.lag())
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
