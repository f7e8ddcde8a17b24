//! How a follower joins the ring.

use std::time::Duration;

use broadring::{Member, Ring, Upstream, Wait};

/// How a follower joins the ring.
#[derive(Debug)]
pub(super) struct Joining<T> {
    pub(super) ring: Ring<T>,
    pub(super) after: Option<Upstream<T>>,
    pub(super) name: String,
    pub(super) evict_after: Option<Duration>,
    pub(super) wait: Option<Wait>,
}

impl<T> Joining<T> {
    /// Whether this is the journal, after which it joins.
    pub(super) fn is_after(&self, member: &Member) -> bool {
        self.after.as_ref().is_some_and(|upstream| upstream.member() == member)
    }
}
