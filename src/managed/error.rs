//! The errors of managed threads.

#![forbid(unsafe_code)]

use core::any::Any;
use core::error::Error;
use core::fmt;
use std::io;

use crate::error::{End, SubscribeError};
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::Mutex;

/// A managed thread could not be started. There is no thread, and the handle that it was for has
/// left its ring.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// The reader could not join.
    Subscribe(SubscribeError),
    /// There is no such core, or the system does not let this thread be pinned to it.
    NoSuchCore {
        /// The core that was asked for.
        core: usize,
    },
    /// The system cannot start a thread, or the name cannot be that of a thread.
    Thread(io::Error),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribe(error) => error.fmt(f),
            Self::NoSuchCore { core } => write!(f, "no thread can be pinned to core {core} here"),
            Self::Thread(error) => write!(f, "no thread can be started: {error}"),
        }
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Subscribe(_) | Self::NoSuchCore { .. } => None,
        }
    }
}

impl From<SubscribeError> for SpawnError {
    fn from(error: SubscribeError) -> Self {
        Self::Subscribe(error)
    }
}

impl From<io::Error> for SpawnError {
    fn from(error: io::Error) -> Self {
        Self::Thread(error)
    }
}

/// A managed thread has no output: its handler panicked, or was never built because the thread was
/// stopped before its group was started.
pub struct JoinError {
    member: Member,
    panic: Option<Panic>,
}

struct Panic {
    message: Option<Box<str>>,
    /// In a mutex, which is never locked, so that the error is `Sync`, as errors usually are.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl JoinError {
    pub(super) fn never_started(member: Member) -> Self {
        Self { member, panic: None }
    }

    pub(super) fn panicked(member: Member, payload: Box<dyn Any + Send>) -> Self {
        let message = match payload.downcast_ref::<&str>() {
            Some(message) => Some((*message).into()),
            None => payload.downcast_ref::<String>().map(|message| message.as_str().into()),
        };
        let panic = Panic { message, payload: Mutex::new(payload) };
        Self { member, panic: Some(panic) }
    }

    /// Returns the member whose thread it was.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// Whether the handler panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// Returns the message of the panic, if the handler panicked with a text.
    pub fn message(&self) -> Option<&str> {
        self.panic.as_ref()?.message.as_deref()
    }

    /// Returns what the handler panicked with, for [`std::panic::resume_unwind`].
    pub fn into_panic(self) -> Option<Box<dyn Any + Send>> {
        let payload = self.panic?.payload;
        Some(payload.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinError")
            .field("member", &self.member)
            .field("is_panic", &self.is_panic())
            .field("message", &self.message())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = &self.member;
        match &self.panic {
            Some(panic) => write_panic(f, member, panic.message.as_deref()),
            None => write!(f, "the {member} was stopped before it was started"),
        }
    }
}

impl Error for JoinError {}

/// A group was shut down, and some of its members have not handled everything or are still not
/// done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShutdownError {
    failures: Vec<Failure>,
}

impl ShutdownError {
    pub(super) fn unless_empty(failures: Vec<Failure>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self { failures }) }
    }

    /// Returns those members, in the order in which they were spawned.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, failure) in self.failures.iter().enumerate() {
            let comma = if index > 0 { "; " } else { "" };
            write!(f, "{comma}{failure}")?;
        }
        Ok(())
    }
}

impl Error for ShutdownError {}

/// A member of a group that has not handled everything, or is still not done; from
/// [`ShutdownError::failures`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    member: Member,
    fate: Fate,
    position: Sequence,
    lag: u64,
}

/// What has become of a thread that has not handled everything, or is still not done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// Its handler panicked, with this message if it was text. The whole panic comes from
    /// [`ManagedThread::join`](super::ManagedThread::join).
    Panicked(Option<Box<str>>),
    /// It was late and was stopped, and its handler was closed.
    Stopped,
    /// It was late and was told to stop, but its handler did not return in time.
    Running,
    /// Its stream ended before that of the writer.
    Ended(End),
}

impl Failure {
    pub(super) fn new(member: Member, fate: Fate, position: Sequence, lag: u64) -> Self {
        Self { member, fate, position, lag }
    }

    /// Returns the identity of the member.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// Returns what has become of its thread.
    pub fn fate(&self) -> &Fate {
        &self.fate
    }

    /// Returns the sequence of the first event that it had not handled. If its handler is stuck
    /// in an event, it is that event.
    pub fn position(&self) -> Sequence {
        self.position
    }

    /// Returns how many events there were for it that it had not handled. It may be 0 for a member
    /// behind an editor that has not passed everything on.
    pub fn lag(&self) -> u64 {
        self.lag
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, fate, position, lag } = self;
        match fate {
            Fate::Panicked(message) => write_panic(f, member, message.as_deref())?,
            Fate::Stopped => write!(f, "the {member} was stopped")?,
            Fate::Running => write!(f, "the {member} is still running")?,
            Fate::Ended(end) => write!(f, "the {member} got no further: {end}")?,
        }
        match lag {
            0 => Ok(()),
            1 => write!(f, " (event {position} is left)"),
            _ => write!(f, " ({lag} events are left, from {position} on)"),
        }
    }
}

fn write_panic(f: &mut fmt::Formatter<'_>, member: &Member, message: Option<&str>) -> fmt::Result {
    write!(f, "the {member} panicked")?;
    message.map_or(Ok(()), |message| write!(f, ": {message}"))
}
