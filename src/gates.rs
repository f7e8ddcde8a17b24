//! Who may not be lapped: one gate for every reader.

#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::counters::ReaderCounters;
use crate::event_count::EventCount;
use crate::fences::Fences;
use crate::sync::{AtomicU64, AtomicUsize, Ordering, PlainArc, PlainU64, ordering, strong};

/// The word of a gate that nobody has. It is an open one, and no position reaches it.
const VACANT: u64 = u64::MAX;

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
    keepers: AtomicUsize,
}

/// How far the reader of a gate has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// It is done with everything below this.
    pub(crate) position: u64,
    /// It will not come any further.
    pub(crate) stopped: bool,
}

/// The gates of all readers. The writer scans them for the smallest.
#[derive(Debug)]
pub(crate) struct Gates {
    /// Readers share them, to reach theirs without a detour.
    all: Box<[PlainArc<Gate>]>,
    directory: CachePadded<Directory>,
}

/// What a scan needs to know besides the gates themselves.
#[derive(Debug)]
struct Directory {
    /// No gate at or above this index was ever taken. Only grows.
    high: AtomicUsize,
    /// How many times a gate was taken beside another.
    joins: AtomicU64,
    /// 0 until a reader is added that may be evicted.
    evictable: PlainU64,
}

impl Gate {
    fn vacant(index: usize) -> Self {
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

    /// Moves it forward: the reader is done with everything below `position`.
    #[inline]
    pub(crate) fn advance(&self, position: u64) {
        // ORDERING: Release pairs with the Acquire of `Gates::smallest`: the reader's
        // last look at the slots below happens before the writer reuses them (I5). It
        // pairs with that of `progress` too: what the reader has done with an event
        // happens before those that come after it see that event (I2).
        self.front.word.store(position, ordering!("gates.advance", Release));
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
        if !strong!("gates.hold") {
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
    pub(crate) fn vouch(&self) -> bool {
        // ORDERING: Release pairs with the Acquire of `Gates::smallest`. This stores what it
        // loads: so either it comes after an eviction and sees it, or the scan after the
        // eviction reads this through it, and sees the gate of the clone (I3).
        self.front.word.fetch_or(0, ordering!("gates.vouch", Release)) & OPEN == 0
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
        let word = self.front.word.load(ordering!("gates.progress", Acquire));
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
    pub(crate) fn keep(&self, fences: Fences) {
        let dependents = self.back.dependents.get_or_init(|| {
            let moved = EventCount::new(fences);
            Box::new(Dependents { moved, keepers: AtomicUsize::new(1) })
        });
        dependents.keep();
    }

    /// Keeps it once more, on behalf of one that keeps it already.
    pub(crate) fn keep_again(&self) {
        if let Some(dependents) = self.dependents() {
            dependents.keep();
        }
    }

    /// Whether others than its reader keep it.
    pub(crate) fn is_kept(&self) -> bool {
        // ORDERING: Relaxed; only its reader, who asks, can make somebody keep it.
        let keepers = |dependents: &Dependents| dependents.keepers.load(Ordering::Relaxed);
        self.dependents().is_some_and(|dependents| keepers(dependents) > 1)
    }

    /// Ends what `keep` began. The last one vacates the gate.
    pub(crate) fn let_go(&self) {
        let last = self.dependents().is_none_or(|dependents| {
            // ORDERING: AcqRel pairs with itself: whatever each keeper did with the gate,
            // and what its reader read before that, happens before the gate is vacant (I5).
            dependents.keepers.fetch_sub(1, ordering!("gates.let_go", AcqRel)) == 1
        });
        if last {
            // ORDERING: Release pairs with the Acquire of `Gates::smallest`, as in
            // `advance`, and with that of `Gates::take` (I5).
            self.front.word.store(VACANT, ordering!("gates.vacate", Release));
        }
    }

    /// Gives it up: the reader is done with everything. Those that come after it keep the
    /// gate, and see where it stood.
    pub(crate) fn leave(&self, position: u64) {
        if self.dependents().is_some() {
            self.open(position);
        }
        self.let_go();
    }

    /// Where it holds the writer back: no position if it is open.
    pub(crate) fn holds_at(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release of `advance` and `let_go` (I5).
        let word = self.front.word.load(ordering!("gates.scan", Acquire));
        if word & OPEN == 0 { word & !IDLE } else { VACANT }
    }
}

impl Dependents {
    fn keep(&self) {
        // ORDERING: Relaxed; the caller's share keeps the count from falling to zero.
        self.keepers.fetch_add(1, Ordering::Relaxed);
    }
}

impl Gates {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            all: (0..count).map(|index| PlainArc::new(Gate::vacant(index))).collect(),
            directory: CachePadded::new(Directory {
                high: AtomicUsize::new(0),
                joins: AtomicU64::new(0),
                evictable: PlainU64::new(0),
            }),
        }
    }

    /// How many readers there can be at once.
    pub(crate) fn capacity(&self) -> usize {
        self.all.len()
    }

    /// Takes a vacant gate and closes it at `position`; `None` if all are taken.
    ///
    /// A scan that has begun before may miss it. The caller sees to that: see
    /// `Sequencer::join`.
    pub(crate) fn take(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.all.iter().find(|gate| {
            // ORDERING: Acquire pairs with the Release of `let_go`: the reads of
            // the reader that had this gate before happen before every store
            // that this one makes to it, so a scan that sees only the newer
            // reader's stores is ordered after the older one's reads too (I5).
            gate.front
                .word
                .compare_exchange(
                    VACANT,
                    position,
                    ordering!("gates.take", Acquire),
                    Ordering::Relaxed,
                )
                .is_ok()
        })?;
        if let Some(dependents) = gate.dependents() {
            // ORDERING: Relaxed; nobody else has the gate.
            dependents.keepers.store(1, Ordering::Relaxed);
        }
        gate.back.counters.reset();
        gate.set_patience(Duration::MAX);
        // ORDERING: Relaxed; ordered by the fence of `Sequencer::settle`, or by the
        // increment in `take_beside`.
        self.directory.high.fetch_max(gate.front.index + 1, Ordering::Relaxed);
        Some(PlainArc::clone(gate))
    }

    /// Takes a vacant gate and closes it at `position`, where the gate of the
    /// caller stands; `None` if all are taken. A scan that misses it and then sees
    /// the caller's gate move on starts again.
    pub(crate) fn take_beside(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.take(position)?;
        // ORDERING: Release pairs with the first load in `smallest`: a scan that
        // sees this increment sees the gate and the mark.
        self.directory.joins.fetch_add(1, ordering!("gates.joined", Release));
        Some(gate)
    }

    /// Returns the smallest position of a closed gate, or `u64::MAX` without one.
    ///
    /// If anybody was cloned during the scan, it starts again. Otherwise a reader
    /// that is cloned into a gate that the scan has passed, and then moves on
    /// before the scan comes to its own gate, would leave its clone unprotected.
    ///
    /// Lock-free: it repeats only when somebody was cloned.
    pub(crate) fn smallest(&self) -> u64 {
        loop {
            // ORDERING: Acquire pairs with the Release of `take_beside`.
            let joins = self.directory.joins.load(ordering!("gates.scan_joins", Acquire));
            let smallest = self.taken().map(|gate| gate.holds_at()).min().unwrap_or(VACANT);
            // ORDERING: Relaxed; it stays behind the Acquire loads of the gates,
            // and sees every clone that was made before a position they read.
            if self.directory.joins.load(Ordering::Relaxed) == joins || !strong!("gates.rescan") {
                return smallest;
            }
        }
    }

    /// Whether any reader was ever added that may be evicted.
    #[inline]
    pub(crate) fn can_evict(&self) -> bool {
        // ORDERING: Relaxed; a matter of policy. Who becomes idle tells a writer that sleeps.
        self.directory.evictable.load(Ordering::Relaxed) > 0
    }

    /// Lets the writer know that one was.
    pub(crate) fn set_can_evict(&self) {
        // ORDERING: Relaxed; as above.
        self.directory.evictable.store(1, Ordering::Relaxed);
    }

    /// Returns how many gates are closed; already out of date when it returns.
    pub(crate) fn count(&self) -> usize {
        self.taken().filter(|gate| gate.holds_at() != VACANT).count()
    }

    /// The gate with this index.
    pub(crate) fn gate(&self, index: usize) -> &Gate {
        &self.all[index]
    }

    /// All gates that were ever taken.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &Gate> {
        // ORDERING: Relaxed; see `take`.
        let high = self.directory.high.load(Ordering::Relaxed);
        self.all[..high].iter().map(|gate| &**gate)
    }
}
