//! The gates of all readers: taking one, and the writer's scan for the smallest.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use super::gate::{Gate, VACANT};
use crate::sync::{AtomicU64, AtomicUsize, Ordering, PlainArc, PlainU64, ordering, strong};

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
        let gate = self.all.iter().find(|gate| gate.try_take(position))?;
        // ORDERING: Relaxed; ordered by the fence of `Sequencer::settle`, or by the
        // increment in `take_as_clone`.
        self.directory.high.fetch_max(gate.index() + 1, Ordering::Relaxed);
        Some(PlainArc::clone(gate))
    }

    /// Takes a vacant gate and closes it at `position`, where the gate of the
    /// caller stands; `None` if all are taken. A scan that misses it and then sees
    /// the caller's gate move on starts again.
    pub(crate) fn take_as_clone(&self, position: u64) -> Option<PlainArc<Gate>> {
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
            // ORDERING: Acquire pairs with the Release of `take_as_clone`.
            let joins = self.directory.joins.load(ordering!("gates.scan_joins", Acquire));
            let smallest = self.taken().map(|gate| gate.gating_sequence()).min().unwrap_or(VACANT);
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
        self.taken().filter(|gate| gate.gating_sequence() != VACANT).count()
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
