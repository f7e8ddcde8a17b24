//! What the workers of a round share: the ring, the law, and how far the round is.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use broadring::{End, Ring, Role};

use super::board::Board;
use super::law::Law;
use super::life::Life;
use super::mishap;
use super::payload::Payload;
use super::plan::Plan;
use super::post::{Post, Struck};
use super::reading::Offers;
use super::records::Records;
use super::run::{Planted, Run};
use crate::cores::spawn;

/// How many events there are before the one that a planted fault is about.
const PLANTED_AT: u64 = 100;

/// A round of one ring.
pub(super) struct Round<P> {
    pub(super) run: Arc<Run>,
    pub(super) board: Arc<Board>,
    pub(super) ring: Ring<P>,
    pub(super) law: Law,
    pub(super) life: Arc<Life>,
    /// The ring of records.
    pub(super) records: Arc<Records>,
    pub(super) plan: Plan,
    /// The readers that others may come after.
    pub(super) offers: Offers<P>,
    pub(super) end: Instant,
    /// Where the stream ends; `u64::MAX` until the writer is about to leave.
    stream_end: AtomicU64,
    over: AtomicBool,
}

impl<P: Payload> Round<P> {
    pub(super) fn new(
        run: Arc<Run>,
        board: Arc<Board>,
        ring: Ring<P>,
        (law, life): (Law, Arc<Life>),
        records: Records,
        plan: Plan,
    ) -> Self {
        let end = Instant::now() + plan.length;
        let (stream_end, over) = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
        let (records, offers) = (Arc::new(records), Offers::new());
        Self { run, board, ring, law, life, records, plan, offers, end, stream_end, over }
    }

    /// Makes the event of a sequence, as the writer publishes it.
    pub(super) fn event(&self, sequence: u64) -> P {
        P::make(self.word(sequence), &self.life)
    }

    /// Returns what the event of a sequence says when it is published.
    pub(super) fn word(&self, sequence: u64) -> u64 {
        let wrong =
            sequence == self.plan.first + PLANTED_AT && self.run.is_planted(Planted::WrongEvent);
        self.law.word(sequence, 0) ^ u64::from(wrong)
    }

    /// Whether a reader that stays is to be faulty at this sequence.
    pub(super) fn is_planted(&self, fault: Planted, sequence: u64) -> bool {
        sequence >= self.plan.first + PLANTED_AT && self.run.is_planted(fault)
    }

    /// Whether the writer should come to an end.
    pub(super) fn is_due(&self) -> bool {
        self.run.is_over() || Instant::now() >= self.end
    }

    /// Whether the writer is gone, so that nobody needs to join any more.
    pub(super) fn is_over(&self) -> bool {
        // ORDERING: a flag alone.
        self.over.load(Ordering::Relaxed)
    }

    /// Notes where the stream ends. The writer calls it before it leaves.
    pub(super) fn published(&self, end: u64) {
        // ORDERING: Relaxed, so that it orders nothing that the ring has to order. Who has found
        // the ring closed must see it: that is a promise of the ring's.
        self.stream_end.store(end, Ordering::Relaxed);
        self.over.store(true, Ordering::Relaxed);
    }

    /// Returns where the stream ends for readers. All editors must be gone, or the ring closed.
    pub(super) fn last(&self) -> u64 {
        // ORDERING: Relaxed, as above.
        match self.plan.leaver {
            Some(_) => self.ring.cursor().get(),
            None => self.stream_end.load(Ordering::Relaxed),
        }
    }

    /// Checks how the stream has ended for a member that stands at `next`. Ends that only some
    /// members may come to are for them to judge.
    pub(super) fn check_end(&self, end: &End, next: u64, joined: u64) -> Result<(), String> {
        let last = match end {
            // ORDERING: Relaxed, as above.
            End::Closed => self.stream_end.load(Ordering::Relaxed),
            End::UpstreamLeft(left) if left.member().role() == Role::Editor => {
                if self.plan.leaver.is_none() {
                    return Err(format!("no editor has left, but: {end}"));
                }
                self.ring.cursor().get()
            }
            _ => return Err(format!("the stream must not end like this: {end}")),
        };
        if next == last.max(joined) {
            return Ok(());
        }
        Err(format!("the stream ends at {last}, but for a reader at {next}: {end}"))
    }

    /// Starts a worker. Whatever goes wrong in it is reported.
    pub(super) fn hire(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce(&Arc<Self>, &Arc<Post>) + Send + 'static,
    ) -> JoinHandle<()> {
        let post = self.board.post(&self.run, name);
        let round = Arc::clone(self);
        spawn(name, None, move || {
            let worked = panic::catch_unwind(AssertUnwindSafe(|| work(&round, &post)));
            if let Err(payload) = worked
                && !payload.is::<Struck>()
            {
                let on_purpose = mishap::is_mishap(&*payload);
                let message =
                    if on_purpose { "nobody caught it" } else { mishap::message(&*payload) };
                post.report(format!("a panic: {message}"));
            }
            post.leave();
            // Only now may the round and its ring be the last of their kind.
            drop(round);
        })
    }
}
