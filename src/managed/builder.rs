//! Starting a managed thread: its description, and what the thread runs.

#![forbid(unsafe_code)]

use core::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use super::control::{Control, Outcome, State};
use super::error::{JoinError, SpawnError};
use super::group::{Group, Members};
use super::handler::{Each, Handler, Seat};
use super::thread::ReaderThread;
use crate::error::End;
use crate::handles::{Reader, ReaderBuilder};
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::Arc;

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
    pub fn managed(self) -> ThreadBuilder<T> {
        ThreadBuilder::with(Origin::Description(self))
    }
}

/// Describes a managed thread before it is started; from [`ReaderBuilder::managed`], or from a
/// [reader](Self::new).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use broadring::managed::{Group, Handler};
/// use broadring::{End, Ring, Sequence};
///
/// #[derive(Default)]
/// struct Sum {
///     total: u64,
///     idled: bool,
/// }
///
/// impl Handler<u64> for Sum {
///     type Output = u64;
///     fn on_event(&mut self, event: &u64, _: Sequence, _: bool) {
///         self.total += event;
///     }
///     fn on_idle(&mut self) {
///         self.idled = true;
///     }
///     fn on_close(self, _: End) -> u64 {
///         self.total
///     }
/// }
///
/// let (mut writer, ring) = Ring::builder(64).build(|| 0);
/// let group = Group::new();
/// let sum = ring
///     .reader()
///     .name("sum")
///     .managed()
///     .idle_after(Duration::from_millis(100))
///     .group(&group)
///     .spawn_with(Sum::default)?;
/// group.start();
/// writer.publish_all(1..=100);
/// group.shutdown(writer, Duration::from_secs(10))?;
/// assert_eq!(sum.join()?, 5050);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a description does nothing until `spawn` or `spawn_with` is called"]
pub struct ThreadBuilder<T> {
    reader: Origin<T>,
    core: Option<usize>,
    idle_after: Option<Duration>,
    group: Option<Arc<Members>>,
}

/// Whether the reader has still to join.
enum Origin<T> {
    Description(ReaderBuilder<T>),
    Reader(Reader<T>),
}

impl<T> ThreadBuilder<T> {
    /// Starts to describe a thread for a reader that has joined already. So readers that come
    /// [after](ReaderBuilder::after) others can all join before the first of them moves to its
    /// thread. A clone of a reader, or a reader that has already read events, can have a thread
    /// too.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::managed::ThreadBuilder;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let journal = ring.reader().name("journal").subscribe()?;
    /// let logic = ring.reader().name("logic").after(&journal)?.subscribe()?;
    ///
    /// let journal = ThreadBuilder::new(journal).spawn(|event, _, _| println!("noted: {event}"))?;
    /// let logic = ThreadBuilder::new(logic).spawn(|event, _, _| println!("done: {event}"))?;
    /// writer.publish_all([1, 2, 3]);
    /// drop(writer);
    /// journal.join()?;
    /// logic.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(reader: Reader<T>) -> Self {
        Self::with(Origin::Reader(reader))
    }

    fn with(reader: Origin<T>) -> Self {
        Self { reader, core: None, idle_after: None, group: None }
    }

    /// Pins the thread to a core before its handler is built. Cores are counted from 0, as the
    /// operating system does.
    ///
    /// Only with the feature `affinity`. On macOS a core is a hint.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::managed::SpawnError;
    ///
    /// let (_writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let spawned = ring.reader().managed().core(usize::MAX).spawn(|_, _, _| ());
    /// assert!(matches!(spawned, Err(SpawnError::NoSuchCore { core: usize::MAX })));
    /// assert_eq!(ring.reader_count(), 0);
    /// ```
    #[cfg(feature = "affinity")]
    pub fn core(self, core: usize) -> Self {
        Self { core: Some(core), ..self }
    }

    /// Sets after how long without an event [`Handler::on_idle`] is called, and called again.
    /// Unless this is set, it is never called.
    pub fn idle_after(self, idle_after: Duration) -> Self {
        Self { idle_after: Some(idle_after), ..self }
    }

    /// Makes the thread a member of a group. It waits until the group is started, and is shut down
    /// together with the other members.
    pub fn group(self, group: &Group) -> Self {
        Self { group: Some(group.members()), ..self }
    }

    /// Starts the thread with a closure as its handler. The closure gets the event, its
    /// sequence, and whether it is the last event of its batch.
    ///
    /// When this returns, the reader has joined: the thread gets every event published from
    /// then on. The thread ends when the ring is closed and everything was read. If the closure
    /// panics, the event that it was given counts as read, the reader leaves, and
    /// [`ReaderThread::join`] returns the panic.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] if the ring has all its readers, if the core does not exist, or if the
    /// system gives no thread. There is then no reader and no thread, and the closure is
    /// dropped.
    pub fn spawn<F>(self, handle: F) -> Result<ReaderThread<T, ()>, SpawnError>
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
    /// [`ReaderThread::join`] returns that panic, like any other panic of the handler.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    pub fn spawn_with<H, M>(self, make: M) -> Result<ReaderThread<T, H::Output>, SpawnError>
    where
        T: Send + Sync + 'static,
        M: FnOnce() -> H + Send + 'static,
        H: Handler<T>,
        H::Output: Send + 'static,
    {
        let Self { reader, core, idle_after, group } = self;
        let reader = match reader {
            Origin::Description(description) => description.subscribe()?,
            Origin::Reader(reader) => reader,
        };
        let named = named_as(reader.member())?;
        let control = Arc::new(Control::new(&reader, core.is_some()));
        let seat = Seat::new(reader, Arc::clone(&control));
        let thread = {
            let control = Arc::clone(&control);
            named.spawn(move || {
                let lived = || live(core, seat, &control.state, make, idle_after);
                sum_up(&control.state, lived)
            })?
        };
        if let Some(core) = core
            && !control.state.wait_until_settled()
        {
            // The thread does nothing more, and no user code has run on it.
            let _ = thread.join();
            return Err(SpawnError::NoSuchCore { core });
        }
        match group {
            Some(group) => group.add(Arc::clone(&control) as _),
            None => control.state.start(),
        }
        Ok(ReaderThread::new(control, thread))
    }
}

/// Returns a thread builder with the name of the member, behind that of its ring if it has one.
fn named_as(member: &Member) -> io::Result<thread::Builder> {
    let builder = thread::Builder::new();
    let name = match (member.ring(), member.name()) {
        (None, None) => return Ok(builder),
        (None, Some(name)) => name.to_owned(),
        (Some(ring), Some(name)) => format!("{ring}/{name}"),
        (Some(ring), None) => format!("{ring}/{}", member.number()),
    };
    if name.contains('\0') {
        // With such a name, the standard library would panic.
        let nul = "the name of a thread cannot contain a NUL character";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, nul));
    }
    Ok(builder.name(name))
}

/// The life of a managed thread. Returns the output of its handler, or `None` if the handler
/// was never built. When this returns or panics, the reader has left.
fn live<T, H: Handler<T>>(
    core: Option<usize>,
    seat: Seat<T>,
    state: &State,
    make: impl FnOnce() -> H,
    idle_after: Option<Duration>,
) -> Option<(H::Output, End)> {
    if let Some(core) = core {
        if !pin(core) {
            return None;
        }
        state.settled();
    }
    state.wait_for_start().then(|| seat.serve(make, idle_after))
}

/// Runs the life of a thread, and reports its outcome to its handle and to its group.
fn sum_up<R>(state: &State, live: impl FnOnce() -> Option<(R, End)>) -> Result<R, JoinError> {
    let member = state.member().clone();
    // As for unwinding, a panic may leave the handler, and what it shares with others,
    // inconsistent. As with any thread that panics, that is for its owners to judge.
    let (result, outcome) = match panic::catch_unwind(AssertUnwindSafe(live)) {
        Ok(Some((output, end))) => (Ok(output), Outcome::Closed(end)),
        Ok(None) => (Err(JoinError::never_started(member)), Outcome::NeverStarted),
        Err(payload) => {
            let error = JoinError::panicked(member, payload);
            let message = error.message().map(Into::into);
            (Err(error), Outcome::Panicked(message))
        }
    };
    state.over(outcome);
    result
}

#[cfg(feature = "affinity")]
use super::affinity::pin;

/// Without the feature `affinity`, no thread has a core to be pinned to.
#[cfg(not(feature = "affinity"))]
fn pin(_core: usize) -> bool {
    false
}

impl<T> fmt::Debug for ThreadBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reader: &dyn fmt::Debug = match &self.reader {
            Origin::Description(description) => description,
            Origin::Reader(reader) => reader,
        };
        f.debug_struct("ThreadBuilder")
            .field("reader", reader)
            .field("core", &self.core)
            .field("idle_after", &self.idle_after)
            .finish_non_exhaustive()
    }
}
