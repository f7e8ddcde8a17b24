//! One gate: the gating sequence of one reader, which the writer never laps.

#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::counters::ReaderCounters;
use crate::sync::{AtomicU64, AtomicUsize, Fences, Ordering, PlainU64, ordering, strong};
use crate::waiting::EventCount;

/// The word of a gate that nobody has. It is an open one, and no position reaches it.
pub(super) const VACANT: u64 = u64::MAX;

/// Set in the word of an open gate: it holds nobody back, and never will from where it
/// stands. The rest of the word says where it stood when it was opened.
const OPEN: u64 = 1 << 63;

/// Set in the word of a closed gate that the writer may open, because its reader does not
/// look at anything just now.
const IDLE: u64 = 1 << 62;

/// The position of one reader, on cache lines of its own.
///
/// A gate is taken by a reader that joins, moved forward by that reader alone, and given
/// up when it leaves. While it is *closed* the writer stays behind it.
///
/// A writer that finds the ring full looks at the front over and over. What the reader needs
/// lies behind, where it never has to be fetched back.
#[derive(Debug)]
pub(crate) struct Gate {
    front: CachePadded<Front>,
    back: CachePadded<Back>,
}

/// What the writer looks at.
#[derive(Debug)]
struct Front {
    word: AtomicU64,
    /// For how many nanoseconds its reader may hold the writer up; once set, only a
    /// matter of policy.
    patience: PlainU64,
    index: usize,
}

/// What its reader looks at and counts.
#[derive(Debug, Default)]
struct Back {
    counters: ReaderCounters,
    /// Made when the first reader asks to come after this one.
    dependents: OnceLock<Box<Dependents>>,
}

/// Those that come after the reader of a gate.
#[derive(Debug)]
pub(crate) struct Dependents {
    /// Where they sleep until the gate has moved.
    pub(crate) moved: EventCount,
    /// How many keep the gate from being taken again: they, and its reader.
    holders: AtomicUsize,
}

/// How far the reader of a gate has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// It is done with everything below this.
    pub(crate) position: u64,
    /// It will not come any further.
    pub(crate) stopped: bool,
}

impl Gate {
    pub(super) fn vacant(index: usize) -> Self {
        let word = AtomicU64::new(VACANT);
        let front = Front { word, patience: PlainU64::new(u64::MAX), index };
        Self { front: CachePadded::new(front), back: CachePadded::default() }
    }

    /// Which gate it is.
    pub(crate) fn index(&self) -> usize {
        self.front.index
    }

    /// What its reader counts.
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
        if let Some(dependents) = self.dependents() {
            // ORDERING: Relaxed; no other thread has the gate.
            dependents.holders.store(1, Ordering::Relaxed);
        }
        self.back.counters.reset();
        self.set_patience(Duration::MAX);
        true
    }

    /// Moves it forward: the reader is done with everything below `position`.
    #[inline]
    pub(crate) fn advance(&self, position: u64) {
        // ORDERING: Release pairs with the Acquire of `Gates::smallest`: the reader's
        // last look at the slots below happens before the writer reuses them (I5). It
        // pairs with that of `progress` too: what the reader has done with an event
        // happens before those that come after it see that event (I2).
        self.front.word.store(position, ordering!("gate.advance", Release));
    }

    /// Moves it forward, and lets the writer open it until `hold` is called.
    pub(crate) fn idle(&self, position: u64) {
        self.advance(position | IDLE);
    }

    /// Opens it: the reader is done with everything, and keeps the gate.
    pub(crate) fn open(&self, position: u64) {
        self.advance(position | OPEN);
    }

    /// Keeps the writer from opening it, which was idle at `position`; `false` if the
    /// writer has opened it already.
    pub(crate) fn hold(&self, position: u64) -> bool {
        let word = &self.front.word;
        if !strong!("gate.hold") {
            self.advance(position);
            return true;
        }
        // ORDERING: Relaxed; if the writer opens the gate later, it has then seen what the
        // reader stores into it afterwards (I5).
        let held =
            word.compare_exchange(position | IDLE, position, Ordering::Relaxed, Ordering::Relaxed);
        held.is_ok()
    }

    /// Opens it in place of its reader, if it is idle at `position`. Only a scan afterwards
    /// says that the reader is out of the way.
    pub(crate) fn evict(&self, position: u64) -> bool {
        // ORDERING: Relaxed; the writer scans once more before it reuses a slot, and that
        // scan reads, through this exchange, what the reader has released last (I5).
        let evicted = self.front.word.compare_exchange(
            position | IDLE,
            position | OPEN,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        evicted.is_ok()
    }

    /// Whether it still protects its reader, which stands still. Asked for a clone that has
    /// just taken a gate beside it: if so, that protects the clone.
    pub(crate) fn confirm_closed(&self) -> bool {
        // ORDERING: Release pairs with the Acquire of `Gates::smallest`. This stores what it
        // loads: so either it comes after an eviction and sees it, or the scan after the
        // eviction reads this through it, and sees the gate of the clone (I3).
        self.front.word.fetch_or(0, ordering!("gate.confirm_closed", Release)) & OPEN == 0
    }

    /// Sets for how long its reader may hold the writer up while the gate is idle.
    pub(crate) fn set_patience(&self, patience: Duration) {
        let nanoseconds = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        // ORDERING: Relaxed; a matter of policy.
        self.front.patience.store(nanoseconds, Ordering::Relaxed);
    }

    /// Returns it in nanoseconds, or `u64::MAX` if that is for ever.
    pub(crate) fn patience(&self) -> u64 {
        // ORDERING: Relaxed; a matter of policy.
        self.front.patience.load(Ordering::Relaxed)
    }

    /// Whether the writer may open it.
    pub(crate) fn is_idle(&self) -> bool {
        // ORDERING: Relaxed; `evict` looks again.
        self.front.word.load(Ordering::Relaxed) & (OPEN | IDLE) == IDLE
    }

    /// Returns how far its reader has come. A gate that is vacant is beyond everything.
    pub(crate) fn progress(&self) -> Progress {
        // ORDERING: Acquire pairs with the Release of `advance` (I2).
        let word = self.front.word.load(ordering!("gate.progress", Acquire));
        Progress { position: word & !(OPEN | IDLE), stopped: word & OPEN != 0 }
    }

    /// Whether it is open. Told to its own reader, to whom only the position matters.
    pub(crate) fn is_open(&self) -> bool {
        // ORDERING: Relaxed; nothing is read that the gate protects.
        self.front.word.load(Ordering::Relaxed) & OPEN != 0
    }

    /// Those that come after its reader, if anybody ever did.
    #[inline]
    pub(crate) fn dependents(&self) -> Option<&Dependents> {
        self.back.dependents.get().map(|dependents| &**dependents)
    }

    /// Keeps the gate from being taken again when its reader leaves. Called while a reader
    /// or another keeper has it.
    pub(crate) fn retain(&self, fences: Fences) {
        let dependents = self.back.dependents.get_or_init(|| {
            let moved = EventCount::new(fences);
            Box::new(Dependents { moved, holders: AtomicUsize::new(1) })
        });
        dependents.retain();
    }

    /// Keeps it once more, on behalf of one that keeps it already.
    pub(crate) fn retain_again(&self) {
        if let Some(dependents) = self.dependents() {
            dependents.retain();
        }
    }

    /// Whether others than its reader keep it.
    pub(crate) fn is_retained(&self) -> bool {
        // ORDERING: Relaxed; only its reader, who asks, can make somebody keep it.
        let holders = |dependents: &Dependents| dependents.holders.load(Ordering::Relaxed);
        self.dependents().is_some_and(|dependents| holders(dependents) > 1)
    }

    /// Ends what `keep` began. The last one vacates the gate.
    pub(crate) fn release(&self) {
        let last = self.dependents().is_none_or(|dependents| {
            // ORDERING: AcqRel pairs with itself: whatever each keeper did with the gate,
            // and what its reader read before that, happens before the gate is vacant (I5).
            dependents.holders.fetch_sub(1, ordering!("gate.release", AcqRel)) == 1
        });
        if last {
            // ORDERING: Release pairs with the Acquire of `Gates::smallest`, as in
            // `advance`, and with that of `Gates::take` (I5).
            self.front.word.store(VACANT, ordering!("gate.vacate", Release));
        }
    }

    /// Gives it up: the reader is done with everything. Those that come after it keep the
    /// gate, and see where it stood.
    pub(crate) fn leave(&self, position: u64) {
        if self.dependents().is_some() {
            self.open(position);
        }
        self.release();
    }

    /// Where it holds the writer back: no position if it is open.
    pub(crate) fn gating_sequence(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release of `advance` and `release` (I5).
        let word = self.front.word.load(ordering!("gate.scan", Acquire));
        if word & OPEN == 0 { word & !IDLE } else { VACANT }
    }
}

impl Dependents {
    fn retain(&self) {
        // ORDERING: Relaxed; the caller's share keeps the count from falling to zero.
        self.holders.fetch_add(1, Ordering::Relaxed);
    }
}
