//! A barrier: the gates of the readers that a reader comes after.

#![forbid(unsafe_code)]

use super::gate::Gate;
use crate::member::Member;
use crate::sync::PlainArc;

/// The upstream readers of a reader. Without any, the reader comes after the cursor alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Barrier {
    upstreams: Vec<Upstream>,
}

/// A reader that another one comes after, whether it still reads or has left. Retains its gate, so
/// that no other reader takes it.
#[derive(Debug)]
pub(crate) struct Upstream {
    gate: PlainArc<Gate>,
    member: Member,
}

/// How far a barrier lets a reader go.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    /// All upstream readers are done with everything below this.
    pub(crate) end: u64,
    /// An upstream that has stopped before the next event, and its position.
    pub(crate) stopped: Option<(&'a Upstream, u64)>,
}

impl Upstream {
    /// Takes over a gate that was retained for this upstream.
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

    /// Returns the identities of the upstream readers.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.upstreams.iter().map(Upstream::member)
    }

    /// Returns the gates of the upstream readers.
    pub(crate) fn gates(&self) -> impl Iterator<Item = &Gate> {
        self.upstreams.iter().map(Upstream::gate)
    }

    /// Returns how far a reader at `position` may read. An upstream is never ahead of the
    /// cursor, and what it did before it moved its gate happens before this (I2).
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

    /// Returns an upstream that is not past `position`, if there is one.
    pub(crate) fn laggard(&self, position: u64) -> Option<&Upstream> {
        self.upstreams.iter().find(|upstream| upstream.gate.progress().position <= position)
    }
}
