//! Who may not be lapped: one gate for every reader.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, AtomicUsize, Ordering, PlainArc, ordering, strong};

/// The word of a gate that no reader holds. No position ever reaches it, so it
/// never is the smallest of anything.
const VACANT: u64 = u64::MAX;

/// The position of one reader, on cache lines of its own.
///
/// A gate is taken by a reader that joins, moved forward by that reader alone,
/// and given up when it leaves.
#[derive(Debug)]
pub(crate) struct Gate(CachePadded<AtomicU64>);

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
}

impl Gate {
    fn vacant() -> Self {
        Self(CachePadded::new(AtomicU64::new(VACANT)))
    }

    /// Moves it forward: the reader is done with everything below `position`.
    #[inline]
    pub(crate) fn advance(&self, position: u64) {
        // ORDERING: Release pairs with the Acquire of `Gates::smallest`: the reader's
        // last look at the slots below happens before the writer reuses them (I5).
        self.0.store(position, ordering!("gates.advance", Release));
    }

    /// Gives it up: the reader is done with everything.
    pub(crate) fn vacate(&self) {
        // ORDERING: Release pairs with the Acquire of `Gates::smallest`, as in
        // `advance`, and with that of `Gates::take` (I5).
        self.0.store(VACANT, ordering!("gates.vacate", Release));
    }
}

impl Gates {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            all: (0..count).map(|_| PlainArc::new(Gate::vacant())).collect(),
            directory: CachePadded::new(Directory {
                high: AtomicUsize::new(0),
                joins: AtomicU64::new(0),
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
        let index = self.all.iter().position(|gate| {
            // ORDERING: Acquire pairs with the Release of `vacate`: the reads of
            // the reader that had this gate before happen before every store
            // that this one makes to it, so a scan that sees only the newer
            // reader's stores is ordered after the older one's reads too (I5).
            gate.0
                .compare_exchange(
                    VACANT,
                    position,
                    ordering!("gates.take", Acquire),
                    Ordering::Relaxed,
                )
                .is_ok()
        })?;
        // ORDERING: Relaxed; ordered by the fence of `Sequencer::join`, or by the
        // increment in `take_beside`.
        self.directory.high.fetch_max(index + 1, Ordering::Relaxed);
        Some(PlainArc::clone(&self.all[index]))
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

    /// Returns the smallest position of a reader, or `u64::MAX` without readers.
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
            let smallest = self.taken().min().unwrap_or(VACANT);
            // ORDERING: Relaxed; it stays behind the Acquire loads of the gates,
            // and sees every clone that was made before a position they read.
            if self.directory.joins.load(Ordering::Relaxed) == joins || !strong!("gates.rescan") {
                return smallest;
            }
        }
    }

    /// Returns how many gates are taken; already out of date when it returns.
    pub(crate) fn count(&self) -> usize {
        self.taken().filter(|&position| position != VACANT).count()
    }

    /// The positions of all gates that were ever taken.
    fn taken(&self) -> impl Iterator<Item = u64> {
        // ORDERING: Relaxed; see `take`.
        let high = self.directory.high.load(Ordering::Relaxed);
        self.all[..high].iter().map(|gate| {
            // ORDERING: Acquire pairs with the Release of `advance` and `vacate` (I5).
            gate.0.load(ordering!("gates.scan", Acquire))
        })
    }
}
