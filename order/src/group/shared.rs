//! What the handles and the members of a group share, and how members are removed.
//!
//! The lock of the group is taken before the lock of a partition, never after it.

#![forbid(unsafe_code)]

use core::mem;

use broadring::{Ring, Sequence};

use super::change::Change;
use super::control::Control;
use super::member_id::MemberId;
use super::partition::Partition;
use super::seat::Patience;
use crate::sync::{Arc, Mutex, lock};

/// What is called for each change.
pub(super) type OnChange = Box<dyn Fn(&Change) + Send + Sync>;

/// What the handles and the members of a group share.
pub(super) struct Shared<E> {
    pub(super) name: Arc<str>,
    pub(super) max_members: usize,
    /// Where members hear of changes. Its writer is in `control`.
    pub(super) bell: Ring<()>,
    pub(super) control: Mutex<Control>,
    pub(super) partitions: Box<[Partition<E>]>,
    /// `None` if nobody is evicted for being idle.
    pub(super) patience: Option<Patience>,
    pub(super) on_change: Option<OnChange>,
}

/// Partitions that were taken from a member which was not told before, and their positions.
#[must_use = "the loss is to be reported"]
pub(super) struct Lost {
    pub(super) member: MemberId,
    pub(super) partitions: Vec<(usize, Sequence)>,
}

impl<E> Shared<E> {
    /// Reports a change. No lock may be held.
    pub(super) fn report(&self, change: impl FnOnce() -> Change) {
        if let Some(on_change) = &self.on_change {
            on_change(&change());
        }
    }

    /// Reports what was taken from members. No lock may be held.
    pub(super) fn report_lost(&self, losses: impl IntoIterator<Item = Lost>) {
        for Lost { member, partitions } in losses {
            for (partition, position) in partitions {
                let member = member.clone();
                self.report(|| Change::Lost { partition, position, member });
            }
        }
    }

    /// Removes a member: its commits are refused from now on, and the others get its partitions.
    /// Returns what it has lost, or `None` if it is no member.
    pub(super) fn remove(&self, id: &MemberId) -> Option<Lost> {
        self.remove_from(&mut lock(&self.control), id)
    }

    fn remove_from(&self, control: &mut Control, id: &MemberId) -> Option<Lost> {
        let mut partitions = Vec::new();
        for (partition, revoked) in control.remove(id)? {
            // Under the lock of the group: nobody takes it before it is fenced.
            let position = self.partitions[partition].fence();
            if !revoked {
                partitions.push((partition, position));
            }
        }
        Some(Lost { member: id.clone(), partitions })
    }

    /// Removes every member, but this one, that is idle for too long: it is in no call, and events
    /// of a partition that it owns or is to take are not committed. Returns how many these were.
    pub(super) fn evict_idle(&self, except: Option<&MemberId>) -> usize {
        let Some(patience) = &self.patience else { return 0 };
        let mut control = lock(&self.control);
        let now = patience.now();
        let idle: Vec<MemberId> = control
            .members()
            .filter(|&(id, seat)| {
                except != Some(id)
                    && seat.idle(now).is_some_and(|idle| idle >= patience.limit)
                    && self.holds_back(&control, id)
            })
            .map(|(id, _)| id.clone())
            .collect();
        let lost: Vec<Lost> =
            idle.iter().filter_map(|id| self.remove_from(&mut control, id)).collect();
        mem::drop(control);
        self.report_lost(lost);
        idle.len()
    }

    /// Whether events wait for this member.
    fn holds_back(&self, control: &Control, id: &MemberId) -> bool {
        let mut charge = control.owned(id).into_iter().chain(control.coming(id));
        charge.any(|partition| self.partitions[partition].lag() > 0)
    }
}
