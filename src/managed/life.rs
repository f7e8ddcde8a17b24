//! The life of a managed thread, from its name to its outcome.

#![forbid(unsafe_code)]

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use super::control::{Outcome, State};
use super::error::JoinError;
use crate::error::End;
use crate::member::Member;

/// Returns a thread builder with the name of the member, behind that of its ring if it has one.
pub(super) fn named_as(member: &Member) -> io::Result<thread::Builder> {
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

/// Lives the life of a managed thread, up to its start and through `serve`, which owns the handle.
/// Reports its outcome to its handle and to its group.
pub(super) fn live<R>(
    state: &State,
    core: Option<usize>,
    serve: impl FnOnce() -> (R, End),
) -> Result<R, JoinError> {
    let member = state.member().clone();
    // When this returns or panics, the handle has left the ring.
    let lived = || {
        if let Some(core) = core {
            if !pin(core) {
                drop(serve);
                return None;
            }
            state.settled();
        }
        state.wait_for_start().then(serve)
    };
    // As for unwinding, a panic may leave the handler, and what it shares with others,
    // inconsistent. As with any thread that panics, that is for its owners to judge.
    let (result, outcome) = match panic::catch_unwind(AssertUnwindSafe(lived)) {
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
