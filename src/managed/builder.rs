//! The description of a managed thread, and how the thread is started.

#![forbid(unsafe_code)]

use core::fmt;
use std::time::Duration;

use super::control::Control;
use super::error::{JoinError, SpawnError};
use super::group::{Group, Members};
use super::life;
use super::manageable::Manageable;
use super::seat::Seat;
use super::thread::ManagedThread;
use crate::error::End;
use crate::sync::Arc;

/// Describes the managed thread of a handle before it is started: of a [reader](crate::Reader), an
/// [observer](crate::Observer) or an [editor](crate::Editor). From
/// [`ReaderBuilder::managed`](crate::ReaderBuilder::managed), or from the handle itself with
/// [`new`](Self::new).
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
pub struct ThreadBuilder<H: Manageable> {
    handle: Origin<H>,
    core: Option<usize>,
    idle_after: Option<Duration>,
    group: Option<Arc<Members>>,
}

/// Whether the handle has still to join.
enum Origin<H: Manageable> {
    Description(H::Description),
    Handle(H),
}

impl<H: Manageable> ThreadBuilder<H> {
    /// Starts to describe a thread for a handle that has joined already: a reader, an observer or
    /// an editor. So readers that come [after](crate::ReaderBuilder::after) others can all join
    /// before the first of them moves to its thread. A clone of a reader, or a handle that was
    /// already used, can have a thread too.
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
    pub fn new(handle: H) -> Self {
        Self::with(Origin::Handle(handle))
    }

    /// Starts to describe a thread for a handle that joins when the thread is spawned.
    pub(super) fn describe(handle: H::Description) -> Self {
        Self::with(Origin::Description(handle))
    }

    fn with(handle: Origin<H>) -> Self {
        Self { handle, core: None, idle_after: None, group: None }
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

    /// Sets after how long without an event [`Handler::on_idle`](super::Handler::on_idle) is
    /// called, and called again. Unless this is set, it is never called.
    pub fn idle_after(self, idle_after: Duration) -> Self {
        Self { idle_after: Some(idle_after), ..self }
    }

    /// Makes the thread a member of a group. It waits until the group is started, and is shut down
    /// together with the other members.
    pub fn group(self, group: &Group) -> Self {
        Self { group: Some(group.members()), ..self }
    }

    /// Starts the thread, where `serve` gets the handle, and for how long to wait before the thread
    /// is idle.
    pub(super) fn start<R>(
        self,
        serve: impl FnOnce(Seat<H>, Option<Duration>) -> (R, End) + Send + 'static,
    ) -> Result<ManagedThread<H::Event, R>, SpawnError>
    where
        H: Send + 'static,
        H::Event: Send + Sync + 'static,
        R: Send + 'static,
    {
        let Self { handle, core, idle_after, group } = self;
        let handle = match handle {
            Origin::Description(description) => H::join(description)?,
            Origin::Handle(handle) => handle,
        };
        let named = life::named_as(handle.its_member())?;
        let control = Arc::new(Control::new(&handle, core.is_some()));
        let seat = Seat { handle, control: Arc::clone(&control) };
        let thread = {
            let control = Arc::clone(&control);
            named.spawn(move || -> Result<R, JoinError> {
                life::live(&control.state, core, || serve(seat, idle_after))
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
        Ok(ManagedThread::new(control, thread))
    }
}

impl<H: Manageable> fmt::Debug for ThreadBuilder<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handle: &dyn fmt::Debug = match &self.handle {
            Origin::Description(description) => description,
            Origin::Handle(handle) => handle,
        };
        f.debug_struct("ThreadBuilder")
            .field("handle", handle)
            .field("core", &self.core)
            .field("idle_after", &self.idle_after)
            .finish_non_exhaustive()
    }
}
