//! The track of a reader: how far it is, for the readers that come after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use broadring::Member;

/// How far a reader is, for the readers that come after it.
// ORDERING: everything here is Relaxed. What an upstream does before it commits happens before what
// its dependents do with the event: that is a promise of the ring's, which no other ordering may
// stand in for.
#[derive(Debug)]
pub(in crate::soak) struct Track {
    member: Member,
    /// Everything below this is committed, or is just going to be.
    released: AtomicU64,
    /// Whether the reader may leave at any moment, or be evicted.
    leaves: AtomicBool,
    upstreams: Vec<Arc<Self>>,
}

impl Track {
    /// The track of a reader that stands there, and comes after these.
    pub(in crate::soak) fn begin(
        member: &Member,
        position: u64,
        upstreams: Vec<Arc<Self>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            member: member.clone(),
            released: AtomicU64::new(position),
            leaves: AtomicBool::new(false),
            upstreams,
        })
    }

    /// Returns the tracks of the readers that it comes after.
    pub(in crate::soak) fn upstreams(&self) -> &[Arc<Self>] {
        &self.upstreams
    }

    /// Announces that everything below may be committed from now on.
    pub(in crate::soak) fn release(&self, end: u64) {
        self.released.store(end, Ordering::Relaxed);
    }

    /// Announces that the reader may leave from now on.
    pub(in crate::soak) fn leaves(&self) {
        self.leaves.store(true, Ordering::Relaxed);
    }

    /// Whether the reader itself may leave.
    pub(in crate::soak) fn is_leaving(&self) -> bool {
        self.leaves.load(Ordering::Relaxed)
    }

    /// Whether those behind this reader may learn that nothing more comes from it: because it
    /// leaves, or because one that it comes after does. They may learn that before the reader does.
    fn may_leave(&self) -> bool {
        self.is_leaving() || self.upstreams.iter().any(|it| it.may_leave())
    }

    /// Whether it comes after this member, which is going to leave.
    pub(in crate::soak) fn may_be_left_by(&self, member: &Member) -> bool {
        self.upstreams.iter().any(|it| it.member == *member && it.may_leave())
    }

    /// Checks that everybody that it comes after has committed what is there.
    ///
    /// # Errors
    ///
    /// If the reader is ahead of one of them.
    pub(in crate::soak) fn check(&self, sequence: u64) -> Result<(), String> {
        for upstream in &self.upstreams {
            let released = upstream.released.load(Ordering::Relaxed);
            if sequence >= released {
                let member = &upstream.member;
                return Err(format!(
                    "saw {sequence}, but the {member} has committed only {released}"
                ));
            }
        }
        Ok(())
    }
}
