//! What all rings of a run share: the settings, the faults, the totals, and the order to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;

use super::fault::Faults;
use super::totals::Totals;

/// What to run, and for how long.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For how long.
    pub length: Duration,
    /// What all decisions come from. Threads interleave freely all the same.
    pub seed: u64,
    /// How many rings there are at once.
    pub rings: usize,
    /// How long a round lasts at most; but see `patience`.
    pub round: Duration,
    /// How long a worker may make no progress. Some rounds last longer than this, so that somebody
    /// who sleeps through events is not woken by the end of the round.
    pub patience: Duration,
    /// A fault on purpose, to see that it is found.
    pub planted: Option<Planted>,
}

/// A fault on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Planted {
    /// The writer publishes a wrong event.
    WrongEvent,
    /// A reader does not tell of an event that it has read.
    LostEvent,
    /// The writer of records publishes wrong ones.
    WrongRecord,
    /// A value is never dropped.
    Leak,
    /// A reader that stays does not read on.
    Hang,
}

/// What all workers share.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) settings: Settings,
    pub(super) faults: Faults,
    pub(super) totals: Totals,
    stop: AtomicBool,
}

impl Run {
    pub(super) fn new(settings: Settings) -> Self {
        let (faults, totals, stop) = (Faults::default(), Totals::default(), AtomicBool::new(false));
        Self { settings, faults, totals, stop }
    }

    /// Ends all rounds, as if their time were up.
    pub(super) fn stop(&self) {
        // ORDERING: a flag alone.
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether all rounds are to end: there is nothing to be learned after a fault.
    pub(super) fn is_over(&self) -> bool {
        // ORDERING: a flag alone.
        self.stop.load(Ordering::Relaxed) || self.faults.any()
    }

    pub(super) fn is_planted(&self, fault: Planted) -> bool {
        self.settings.planted == Some(fault)
    }
}
