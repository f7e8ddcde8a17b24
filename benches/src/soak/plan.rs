//! The plan of a round: how large the ring is, how long it lives, and who takes part.

use std::time::Duration;

use broadring::{Sequence, Wait};

use super::dice::Dice;
use super::run::Settings;

/// The capacities of the rings: the first ring has the first one, and so on.
const CAPACITIES: [usize; 6] = [64, 1, 8, 1024, 2, 4096];

/// How many bytes the rings of records have: the smallest that is possible, and others.
const BYTES: [usize; 6] = [32, 64, 256, 1024, 1 << 13, 1 << 16];

/// The strategies that let others run, since there are more threads than cores.
const WAITS: [Wait; 6] = [
    Wait::PARK,
    Wait::PARK.spins(0).yields(0),
    Wait::PARK.spins(500),
    Wait::PARK.spins(7).yields(3),
    Wait::YIELD,
    Wait::YIELD.spins(3),
];

/// One in so many rounds is calm: nobody comes and goes, and everybody sleeps at once when there is
/// nothing to do. Those who join, leave and look also wake others, which would hide a wake-up that
/// is lost.
const CALM: u64 = 4;

/// One in so many rounds lasts longer than the patience of the watch-dog.
const LONG: u64 = 8;

/// Where a stream starts that is nearly as far as a stream can be.
const LATE: u64 = Sequence::MAX.get() - (1 << 40);

/// What is to happen in a round.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) capacity: usize,
    /// The sequence of the first event.
    pub(super) first: u64,
    pub(super) length: Duration,
    pub(super) editors: usize,
    /// The editor that leaves before the end, if one does.
    pub(super) leaver: Option<usize>,
    pub(super) calm: bool,
    /// How many bytes the ring of records has.
    pub(super) bytes: usize,
    /// Readers that see all events.
    pub(super) regulars: u64,
    /// Readers that come and go.
    pub(super) guests: u64,
    /// Threads that come and go with a graph of readers.
    pub(super) graphs: u64,
    /// Readers that come and go after others which are at work.
    pub(super) followers: u64,
    /// Readers that are evicted now and then.
    pub(super) sleepers: u64,
    pub(super) observers: u64,
    /// Threads that come and go with managed threads.
    pub(super) managers: u64,
    /// Threads that wait for several readers at once.
    pub(super) waiters: u64,
    /// Threads that run reading tasks.
    pub(super) executors: u64,
    /// Readers that see all records.
    pub(super) record_regulars: u64,
    /// Readers of records that come and go.
    pub(super) record_guests: u64,
}

impl Plan {
    /// Makes the plan of a round of the ring with this index.
    pub(super) fn draw(settings: &Settings, ring: usize, round: u64, dice: &mut Dice) -> Self {
        let calm = dice.one_in(CALM);
        let first = match dice.roll(4) {
            0 => (1 << 32) - dice.roll(4000),
            1 => LATE,
            _ => 0,
        };
        let editors = [0, 0, 1, 2, 3][dice.roll(5) as usize];
        let leaver = (editors > 0 && dice.one_in(4)).then(|| dice.roll(editors) as usize);
        let whole = settings.round.as_millis().max(20) as u64;
        let mut length = Duration::from_millis(dice.within(whole / 10..whole));
        // The first rounds stay short: each ring has come to its end once before long.
        if round > 0 && dice.one_in(LONG) {
            length = settings.patience + settings.patience / 4;
        }
        let mut some = |most: u64| if calm { 0 } else { dice.roll(most + 1) };
        let (guests, graphs, followers) = (some(3), some(2), some(2));
        let (sleepers, managers, executors) = (some(2), some(1), some(2));
        let (record_guests, waiters) = (some(2), some(2));
        Self {
            capacity: CAPACITIES[ring % CAPACITIES.len()],
            first,
            length,
            editors: editors as usize,
            leaver,
            calm,
            regulars: dice.within(1..3),
            guests,
            graphs: graphs.max(dice.roll(2)),
            followers: followers.max(dice.roll(2)),
            sleepers,
            observers: dice.roll(3),
            managers,
            waiters: waiters.max(dice.roll(2)),
            executors: executors.max(dice.roll(2)),
            bytes: *dice.pick(&BYTES),
            record_regulars: dice.within(1..3),
            record_guests,
        }
    }

    /// Picks a wait strategy.
    pub(super) fn wait(&self, dice: &mut Dice) -> Wait {
        if self.calm { Wait::PARK.spins(0).yields(0) } else { *dice.pick(&WAITS) }
    }
}
