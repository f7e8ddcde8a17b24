//! What a reader waits for that comes after others.

#![forbid(unsafe_code)]

use super::gate::Gate;
use crate::member::Member;
use crate::sync::PlainArc;

/// Those that a reader comes after. Without any, it comes after the cursor alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Barrier {
    upstreams: Vec<Upstream>,
}

/// One that others come after, whether it still reads or not. Keeps its gate from being
/// taken by somebody else.
#[derive(Debug)]
pub(crate) struct Upstream {
    gate: PlainArc<Gate>,
    member: Member,
}

/// What a barrier lets through.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    /// Everybody is done with what is below this.
    pub(crate) end: u64,
    /// One that will not come as far as the next event, and how far it has come.
    pub(crate) stopped: Option<(&'a Upstream, u64)>,
}

impl Upstream {
    /// Takes a gate that is kept for this.
    pub(crate) fn new(gate: PlainArc<Gate>, member: Member) -> Self {
        Self { gate, member }
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn member(&self) -> &Member {
        &self.member
    }
}

impl Clone for Upstream {
    fn clone(&self) -> Self {
        self.gate.retain_again();
        Self { gate: PlainArc::clone(&self.gate), member: self.member.clone() }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.gate.release();
    }
}

impl Barrier {
    pub(crate) fn push(&mut self, upstream: Upstream) {
        self.upstreams.push(upstream);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.upstreams.is_empty()
    }

    /// Whom it consists of.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.upstreams.iter().map(Upstream::member)
    }

    /// The gates of those it consists of.
    pub(crate) fn gates(&self) -> impl Iterator<Item = &Gate> {
        self.upstreams.iter().map(Upstream::gate)
    }

    /// Looks how far everybody has come, on behalf of a reader at `position`. Everything
    /// below may be read: an upstream is never ahead of the cursor, and what it did before
    /// it moved its gate happens before this (I2).
    pub(crate) fn reach(&self, position: u64) -> Reach<'_> {
        let mut reach = Reach { end: u64::MAX, stopped: None };
        for upstream in &self.upstreams {
            let progress = upstream.gate.progress();
            reach.end = reach.end.min(progress.position);
            if progress.stopped && progress.position <= position {
                reach.stopped = Some((upstream, progress.position));
            }
        }
        reach
    }

    /// Returns one that has still to pass `position`, if any.
    pub(crate) fn laggard(&self, position: u64) -> Option<&Upstream> {
        self.upstreams.iter().find(|upstream| upstream.gate.progress().position <= position)
    }
}
