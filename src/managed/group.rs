//! A group: threads that are started and shut down together.

#![forbid(unsafe_code)]

use core::cmp::Reverse;
use core::fmt;
use core::mem;
use std::time::{Duration, Instant};

use super::control::{Controlled, Outcome};
use super::error::{Failure, Fate, ShutdownError};
use crate::error::End;
use crate::handles::Writer;
use crate::member::Role;
use crate::sync::{self, Arc, Mutex, for_every};

/// Managed threads that are started together and shut down together.
///
/// Threads join a group with [`ThreadBuilder::group`](super::ThreadBuilder::group). Their handles
/// stay with the code that has spawned them. The members of a group may be readers, observers and
/// editors, and of different rings. A group that is not started does nothing, so its rings fill up.
///
/// Dropping a group that is not started ends its members, and their handlers are never built:
/// if one member cannot be spawned, a `?` leaves no thread behind. (An editor among them then [has
/// left](crate::Editor#leaving).) Dropping a group that is started does nothing to its members.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use broadring::Ring;
/// use broadring::managed::Group;
///
/// let (mut writer, ring) = Ring::builder(64).build(|| 0);
/// let group = Group::new();
/// for name in ["risk", "journal"] {
///     ring.reader().name(name).managed().group(&group).spawn(move |event, _, _| {
///         println!("{name}: {event}");
///     })?;
/// }
/// group.start();
/// writer.publish_all([1, 2, 3]);
/// group.shutdown(writer, Duration::from_secs(10))?; // both have printed everything
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Group {
    members: Arc<Members>,
    grace: Duration,
}

/// The members, shared with the threads that are still to join.
pub(super) struct Members(Mutex<Inner>);

struct Inner {
    stage: Stage,
    members: Vec<AnyControl>,
}

type AnyControl = Arc<dyn Controlled + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Members wait.
    Gathering,
    Started,
    /// The group was dropped before it was started.
    Dropped,
}

impl Group {
    /// Makes a group without members.
    pub fn new() -> Self {
        let inner = Inner { stage: Stage::Gathering, members: Vec::new() };
        Self { members: Arc::new(Members(Mutex::new(inner))), grace: Duration::from_secs(1) }
    }

    /// Sets how long a shutdown waits for late members, which it has told to stop, to finish their
    /// current event and be closed. One second unless set.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Starts all members. By then all of them have joined their rings, and none of their
    /// handlers has been built. Members that join later start at once.
    pub fn start(&self) {
        let mut inner = sync::lock(&self.members.0);
        inner.stage = Stage::Started;
        for member in &inner.members {
            member.state().start();
        }
    }

    /// Closes the ring by dropping its writer, and waits until every member has handled what is
    /// left and closed its handler: editors pass everything on, and the readers behind them read
    /// it. An observer may miss some of it. A member that is not done `within` that time is told to
    /// stop before its next event, and has the [`grace`](Self::grace) to do so. So this takes no
    /// longer than the two durations together, whatever the handlers do.
    ///
    /// A group that is not started is started first. The outputs of the handlers come from
    /// [`ManagedThread::join`](super::ManagedThread::join), which then returns at once for every
    /// member that is done.
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] if a member has not read everything or is still not done; it names each of
    /// them. A thread whose handler never returns is left alone: it keeps its reader and what its
    /// handler has borrowed, but the writer is gone. Members that were stopped before, or whose
    /// handlers were done early, are no errors.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::time::Duration;
    ///
    /// use broadring::Ring;
    /// use broadring::managed::Group;
    ///
    /// let (mut writer, ring) = Ring::builder(4).build(|| 0);
    /// let group = Group::new().grace(Duration::from_millis(10));
    /// let (_unused, never) = mpsc::channel::<()>();
    /// ring.reader().name("stuck").managed().group(&group).spawn(move |_, _, _| {
    ///     let _ = never.recv();
    /// })?;
    /// writer.publish_all([1, 2, 3]);
    ///
    /// let error = group.shutdown(writer, Duration::from_millis(10)).unwrap_err();
    /// let [failure] = error.failures() else { panic!("there is one member") };
    /// assert_eq!(failure.member().name(), Some("stuck"));
    /// assert_eq!((failure.position().get(), failure.lag()), (0, 3));
    /// println!("{error}"); // the reader "stuck" is still running (3 events are left, from 0 on)
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown<T>(self, writer: Writer<T>, within: Duration) -> Result<(), ShutdownError> {
        drop(writer);
        self.drain(within)
    }

    /// Like [`shutdown`](Self::shutdown), for a writer that is already gone or that another thread
    /// drops, or for several rings.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub fn drain(self, within: Duration) -> Result<(), ShutdownError> {
        self.start();
        let members = mem::take(&mut sync::lock(&self.members.0).members);
        let deadline = Instant::now().checked_add(within);
        let mut late: Vec<_> = members
            .iter()
            .filter(|member| member.state().wait_until_over(deadline).is_none())
            .collect();
        // Those behind others first. So by the time that a member leaves because it was told to stop,
        // so were all that come after it.
        late.sort_by_key(|member| {
            let member = member.state().member();
            (member.role() == Role::Editor, Reverse(member.number()))
        });
        for_every(late.iter(), |member| member.stop());
        let deadline = Instant::now().checked_add(self.grace);
        for member in &late {
            member.state().wait_until_over(deadline);
        }
        let is_late = |member| late.iter().any(|late| Arc::ptr_eq(late, member));
        let failures = members.iter().filter_map(|member| failure(&**member, is_late(member)));
        ShutdownError::unless_empty(failures.collect())
    }

    pub(super) fn members(&self) -> Arc<Members> {
        Arc::clone(&self.members)
    }
}

/// Returns what has gone wrong with a member, if anything has. Being stopped is no failure if
/// it was not the shutdown that stopped the member, or if nothing was left to read.
fn failure(member: &dyn Controlled, late: bool) -> Option<Failure> {
    let state = member.state();
    let outcome = state.wait_until_over(Some(Instant::now()));
    let lag = member.lag();
    let fate = match outcome {
        None => Fate::Running,
        Some(Outcome::Panicked(message)) => Fate::Panicked(message),
        Some(Outcome::Closed(End::Stopped)) if late && !member.is_at_the_end() => Fate::Stopped,
        Some(Outcome::NeverStarted | Outcome::Closed(End::Stopped | End::Closed)) => return None,
        Some(Outcome::Closed(end)) => Fate::Ended(end),
    };
    Some(Failure::new(state.member().clone(), fate, state.position(), lag))
}

impl Members {
    /// Adds a thread that is ready.
    pub(super) fn add(&self, member: AnyControl) {
        let mut inner = sync::lock(&self.0);
        let stage = inner.stage;
        inner.members.push(Arc::clone(&member));
        drop(inner);
        match stage {
            Stage::Gathering => (),
            Stage::Started => member.state().start(),
            Stage::Dropped => member.stop(),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut inner = sync::lock(&self.members.0);
        if inner.stage != Stage::Gathering {
            return;
        }
        inner.stage = Stage::Dropped;
        let members = mem::take(&mut inner.members);
        // Stopping a member also wakes tasks, and their wakers run user code: not under the lock.
        drop(inner);
        for_every(members.into_iter(), |member| member.stop());
    }
}

impl Default for Group {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = sync::lock(&self.members.0);
        let members: Vec<_> =
            inner.members.iter().map(|member| member.state().member().clone()).collect();
        f.debug_struct("Group")
            .field("members", &members)
            .field("started", &(inner.stage == Stage::Started))
            .field("grace", &self.grace)
            .finish()
    }
}
