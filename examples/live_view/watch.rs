//! Rates, from the difference between two snapshots.

use std::collections::VecDeque;
use std::time::Duration;

use broadring::{MemberStats, Ring, Role, Stats};

use crate::graph::Order;

/// How many looks are remembered.
const MEMORY: usize = 400;

/// What was seen of the ring.
pub(crate) struct Watch {
    ring: Ring<Order>,
    before: Stats,
    pub(crate) now: Stats,
    /// Events a second between two looks, the latest first.
    pub(crate) rates: VecDeque<u64>,
    /// For how much of the time the writer was held up between two looks, in per mille, the
    /// latest first.
    pub(crate) held_up: VecDeque<u64>,
}

/// How fast something goes.
#[derive(Default)]
pub(crate) struct Speed {
    pub(crate) events: f64,
    pub(crate) per_batch: Option<f64>,
    pub(crate) parks: f64,
}

impl Watch {
    pub(crate) fn new(ring: Ring<Order>) -> Self {
        let now = ring.stats();
        let (rates, held_up) = (VecDeque::new(), VecDeque::new());
        Self { ring, before: now.clone(), now, rates, held_up }
    }

    /// Takes another snapshot.
    pub(crate) fn look(&mut self) {
        self.before = std::mem::replace(&mut self.now, self.ring.stats());
        let held_up = self.now.writer.stalled.saturating_sub(self.before.writer.stalled);
        let share = 1000.0 * held_up.as_secs_f64() / self.interval().as_secs_f64();
        self.rates.push_front(self.of_writer().events as u64);
        self.held_up.push_front((share as u64).min(1000));
        self.rates.truncate(MEMORY);
        self.held_up.truncate(MEMORY);
    }

    /// Returns how fast the writer publishes.
    pub(crate) fn of_writer(&self) -> Speed {
        let parks = self.now.writer.parks - self.before.writer.parks;
        Speed {
            events: self.per_second(self.now.published - self.before.published),
            per_batch: None,
            parks: self.per_second(parks),
        }
    }

    /// Returns how fast a member of the latest snapshot goes.
    pub(crate) fn of_member(&self, now: &MemberStats) -> Speed {
        let before = self.before.members.iter().find(|before| before.member == now.member);
        let Some(before) = before else { return Speed::default() };
        let events = now.position - before.position;
        let batches = now.batches - before.batches;
        Speed {
            events: self.per_second(events),
            // An observer passes over events that it has never seen.
            per_batch: (batches > 0 && now.member.role() != Role::Observer)
                .then(|| events as f64 / batches as f64),
            parks: self.per_second(now.parks - before.parks),
        }
    }

    fn per_second(&self, count: u64) -> f64 {
        let seconds = self.interval().as_secs_f64();
        if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
    }

    fn interval(&self) -> Duration {
        self.now.age - self.before.age
    }
}
