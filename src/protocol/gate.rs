//! A gate: the gating sequence of one reader, which the writer never laps.
//!
//! The reader moves its gate forward, and the writer reads it when it scans. The states of a
//! gate are listed in `docs/design.md` ("State"); they are encoded in the two highest bits of
//! one word.

#![forbid(unsafe_code)]

use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::counters::ReaderCounters;
use crate::sync::{AtomicU64, Fences, OnDemand, Ordering, PlainU64, ordering, strong};
use crate::waiting::EventCount;

/// The word of a vacant gate: it is open, and its position is beyond every other.
pub(super) const VACANT: u64 = u64::MAX;

/// Set in the word of an open gate, which does not hold the writer back. The rest of the word
/// is the position at which it was opened.
const OPEN: u64 = 1 << 63;

/// Set in the word of a closed gate that the writer may open, because its reader holds no batch
/// just now.
const IDLE: u64 = 1 << 62;

/// The gating sequence of one reader, on cache lines of its own.
///
/// A reader takes a gate when it joins, is the only one to move it forward, and gives it up when it
/// leaves. While the gate is *closed*, the writer stays behind it.
///
/// A writer that finds the ring full polls the front over and over. What only the reader uses is in
/// the back, on other cache lines, so that the reader need not fetch it back each time.
#[derive(Debug)]
pub(crate) struct Gate {
    front: CachePadded<Front>,
    back: CachePadded<Back>,
}

/// The part that the writer polls.
#[derive(Debug)]
struct Front {
    word: AtomicU64,
    /// For how many nanoseconds the reader may hold the writer back before it is evicted. A
    /// policy: no step of the protocol depends on its value.
    patience: PlainU64,
    index: usize,
}

/// The part that only the reader uses, and its dependents.
#[derive(Debug)]
struct Back {
    counters: ReaderCounters,
    /// How many holders keep the gate from being taken again: its reader, and the dependents. The
    /// upper half is the generation, so that who comes late does not hold another reader's gate.
    holders: AtomicU64,
    /// How often the gate was taken, in the upper half of the word. Only the reader that takes the
    /// gate stores it.
    generation: PlainU64,
    /// Made when the first reader is to come after this one.
    dependents: OnDemand<Dependents>,
}

/// One generation, in the upper half of the word that counts the holders.
const GENERATION: u64 = 1 << 32;

/// The readers that come after the reader of a gate.
#[derive(Debug)]
pub(crate) struct Dependents {
    /// Where the dependents sleep until the gate has moved.
    pub(crate) moved: EventCount,
}

/// The position of a gate, as its dependents see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The reader is done with everything below this.
    pub(crate) position: u64,
    /// The gate is open: the reader will not move on from here.
    pub(crate) stopped: bool,
}

impl Gate {
    pub(super) fn vacant(index: usize, fences: Fences) -> Self {
        let word = AtomicU64::new(VACANT);
        let front = Front { word, patience: PlainU64::new(u64::MAX), index };
        let back = Back {
            counters: ReaderCounters::default(),
            holders: AtomicU64::new(0),
            generation: PlainU64::new(0),
            dependents: OnDemand::new(|| Dependents::new(fences)),
        };
        Self { front: CachePadded::new(front), back: CachePadded::new(back) }
    }

    /// Returns the index of the gate in the table.
    pub(crate) fn index(&self) -> usize {
        self.front.index
    }

    /// Returns the counters of its reader.
    #[inline]
    pub(crate) fn counters(&self) -> &ReaderCounters {
        &self.back.counters
    }

    /// Takes the gate for a reader and closes it at `position`, if the gate is vacant.
    pub(super) fn try_take(&self, position: u64) -> bool {
        // ORDERING: Acquire pairs with the Release of `release`: the reads of the reader that
        // had this gate before happen before every store that the new reader makes to it. So
        // a scan that sees only the newer reader's stores is ordered after the older one's
        // reads too (I5).
        let taken = self.front.word.compare_exchange(
            VACANT,
            position,
            ordering!("gate.take", Acquire),
            Ordering::Relaxed,
        );
        if taken.is_err() {
            return false;
        }
        let generation = self.generation().wrapping_add(GENERATION);
        // ORDERING: Relaxed; no other thread has the gate, and nobody retains it while it has no
        // holder. The registry hands the generation on.
        self.back.generation.store(generation, Ordering::Relaxed);
        // ORDERING: Relaxed, as above.
        self.back.holders.store(generation + 1, Ordering::Relaxed);
        self.back.counters.reset();
        self.set_patience(Duration::MAX);
        true
    }

    /// Moves the gate forward: the reader is done with everything below `position`.
    #[inline]
    pub(crate) fn advance(&self, position: u64) {
        // ORDERING: Release pairs with the Acquire in `gating_sequence`: the reader's last read
        // of the slots below happens before the writer reuses them (I5). It also pairs with the
        // Acquire in `progress`: what the reader has done with an event happens before its
        // dependents see that event (I2).
        self.front.word.store(position, ordering!("gate.advance", Release));
    }

    /// Moves the gate forward and makes it idle: the writer may open it until `hold` is called.
    pub(crate) fn idle(&self, position: u64) {
        self.advance(position | IDLE);
    }

    /// Opens the gate at `position`. The reader is done with everything, and keeps the gate.
    pub(crate) fn open(&self, position: u64) {
        self.advance(position | OPEN);
    }

    /// Makes a gate that is idle at `position` plainly closed, so that the writer cannot open it.
    /// Returns `false` if the writer has opened it already.
    pub(crate) fn hold(&self, position: u64) -> bool {
        let word = &self.front.word;
        if !strong!("gate.hold") {
            self.advance(position);
            return true;
        }
        // ORDERING: Relaxed; if the writer opens the gate later, its exchange reads what the reader
        // has stored into the gate after this (I5).
        let held =
            word.compare_exchange(position | IDLE, position, Ordering::Relaxed, Ordering::Relaxed);
        held.is_ok()
    }

    /// Opens the gate on behalf of the writer, if it is idle at `position`. The writer may
    /// reuse slots only after another scan.
    pub(crate) fn evict(&self, position: u64) -> bool {
        // ORDERING: Relaxed; the writer scans once more before it reuses a slot, and that scan
        // reads, through this exchange, the reader's last Release (I5).
        let evicted = self.front.word.compare_exchange(
            position | IDLE,
            position | OPEN,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        evicted.is_ok()
    }

    /// Whether the gate is still closed. A clone asks this after it has taken a gate of its own
    /// at the same position, while the reader does not move: if so, the clone is protected.
    pub(crate) fn confirm_closed(&self) -> bool {
        // ORDERING: Release pairs with the Acquire in `gating_sequence`. This stores what it
        // loads. So either it comes after an eviction and sees it; or the scan after a later
        // eviction reads this store through the writer's exchange, and sees the gate of the
        // clone (I3).
        self.front.word.fetch_or(0, ordering!("gate.confirm_closed", Release)) & OPEN == 0
    }

    /// Sets for how long the reader may hold the writer back while the gate is idle.
    pub(crate) fn set_patience(&self, patience: Duration) {
        let nanoseconds = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        // ORDERING: Relaxed; a policy, nothing depends on it.
        self.front.patience.store(nanoseconds, Ordering::Relaxed);
    }

    /// Returns that time in nanoseconds, or `u64::MAX` for ever.
    pub(crate) fn patience(&self) -> u64 {
        // ORDERING: Relaxed; a policy, nothing depends on it.
        self.front.patience.load(Ordering::Relaxed)
    }

    /// Whether the gate is idle, so that the writer may open it.
    pub(crate) fn is_idle(&self) -> bool {
        // ORDERING: Relaxed; `evict` checks it again with its exchange.
        self.front.word.load(Ordering::Relaxed) & (OPEN | IDLE) == IDLE
    }

    /// Returns the position of the reader, for a dependent. That of a vacant gate is beyond
    /// everything.
    pub(crate) fn progress(&self) -> Progress {
        // ORDERING: Acquire pairs with the Release in `advance` (I2).
        let word = self.front.word.load(ordering!("gate.progress", Acquire));
        Progress { position: word & !(OPEN | IDLE), stopped: word & OPEN != 0 }
    }

    /// Whether the gate is open. Called by its own reader.
    pub(crate) fn is_open(&self) -> bool {
        // ORDERING: Relaxed; the caller reads no slot because of the answer.
        self.front.word.load(Ordering::Relaxed) & OPEN != 0
    }

    /// Returns the dependents of the reader, if it ever had any.
    #[inline]
    pub(crate) fn dependents(&self) -> Option<&Dependents> {
        self.back.dependents.get()
    }

    /// Returns the generation of the gate. Called by its reader, or while its reader is registered.
    pub(super) fn generation(&self) -> u64 {
        // ORDERING: Relaxed; the reader itself has stored it, or the one before it, whose gate it
        // has taken (see `try_take`). To others the lock of the registry hands it on.
        self.back.generation.load(Ordering::Relaxed)
    }

    /// Adds a holder, which keeps the gate from being taken again when its reader leaves, if the
    /// reader that has taken the gate in this generation still has it. Any thread may call this.
    pub(super) fn retain(&self, generation: u64, fences: Fences) -> bool {
        let mut expected = generation + 1;
        let holders = &self.back.holders;
        loop {
            // ORDERING: Relaxed; a holder keeps the gate from being taken again, and orders nothing
            // before it leaves.
            let (ok, err) = (Ordering::Relaxed, Ordering::Relaxed);
            match holders.compare_exchange(expected, expected + 1, ok, err) {
                Ok(_) => break,
                // There are other holders, in the same generation.
                Err(seen) if seen > generation && seen - generation < GENERATION => expected = seen,
                Err(_) => return false,
            }
        }
        self.back.dependents.make(|| Dependents::new(fences));
        true
    }

    /// Adds a holder, on behalf of a present one.
    pub(crate) fn retain_again(&self) {
        // ORDERING: Relaxed; the caller's own share keeps the count above zero.
        self.back.holders.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the gate has other holders than its reader, which calls this.
    pub(crate) fn is_retained(&self) -> bool {
        // ORDERING: Relaxed; who retains the gate from now on finds it open.
        self.back.holders.load(Ordering::Relaxed) > self.generation() + 1
    }

    /// Removes a holder. The last one vacates the gate.
    pub(crate) fn release(&self) {
        // ORDERING: AcqRel pairs with itself: what each holder did with the gate, and what the reader
        // read before, happens before the gate is vacant (I5).
        let holders = self.back.holders.fetch_sub(1, ordering!("gate.release", AcqRel));
        if holders % GENERATION == 1 {
            self.vacate();
        }
    }

    /// Gives the gate up: the reader is done with everything. Returns whether the gate is vacant now.
    /// If not, dependents retain it, and see the position at which the reader has left.
    pub(crate) fn leave(&self, position: u64) -> bool {
        let alone = self.generation() + 1;
        // ORDERING: Relaxed; if the reader is the only holder, the Release in `vacate` is all that
        // the next one needs.
        let last = self.back.holders.compare_exchange(
            alone,
            alone - 1,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if last.is_ok() {
            self.vacate();
            return true;
        }
        if strong!("gate.leave") {
            self.open(position);
        }
        self.release();
        false
    }

    fn vacate(&self) {
        // ORDERING: Release pairs with the Acquire in `gating_sequence`, as in `advance`, and with the
        // Acquire in `try_take` (I5).
        self.front.word.store(VACANT, ordering!("gate.vacate", Release));
    }

    /// Returns the position at which the gate holds the writer back, or `VACANT` if it is open.
    pub(crate) fn gating_sequence(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release in `advance` and in `release` (I5).
        let word = self.front.word.load(ordering!("gate.scan", Acquire));
        if word & OPEN == 0 { word & !IDLE } else { VACANT }
    }
}

impl Dependents {
    fn new(fences: Fences) -> Self {
        Self { moved: EventCount::new(fences) }
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
