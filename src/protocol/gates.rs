//! The table of gates: taking one, and the writer's scan for the smallest gating sequence.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use super::gate::{Gate, VACANT};
use crate::sync::{AtomicU64, AtomicUsize, Fences, Ordering, PlainArc, PlainU64, ordering, strong};

/// The gates of all readers.
#[derive(Debug)]
pub(crate) struct Gates {
    /// Each in an `Arc` of its own, so that a reader reaches its gate without a detour.
    all: Box<[PlainArc<Gate>]>,
    directory: CachePadded<Directory>,
}

/// What a scan reads besides the gates.
#[derive(Debug)]
struct Directory {
    /// The high-water mark: no gate at or above this index was ever taken. Only grows.
    high: AtomicUsize,
    /// The smallest position at which a reader was cloned since the writer's last scan began, or
    /// [`VACANT`].
    cloned_at: AtomicU64,
    /// 1 once the ring has had an evictable reader, 0 before.
    evictable: PlainU64,
}

impl Gates {
    pub(crate) fn new(count: usize, fences: Fences) -> Self {
        Self {
            all: (0..count).map(|index| PlainArc::new(Gate::vacant(index, fences))).collect(),
            directory: CachePadded::new(Directory {
                high: AtomicUsize::new(0),
                cloned_at: AtomicU64::new(VACANT),
                evictable: PlainU64::new(0),
            }),
        }
    }

    /// Returns how many readers the ring can have at once.
    pub(crate) fn capacity(&self) -> usize {
        self.all.len()
    }

    /// Takes a vacant gate and closes it at `position`. `None` if all gates are taken.
    ///
    /// A scan that has begun before may miss it. The caller must allow for that: see
    /// `Sequencer::join`.
    pub(crate) fn take(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.all.iter().find(|gate| gate.try_take(position))?;
        // ORDERING: Relaxed; ordered by the fence in `Sequencer::place_reader`, or by the increment
        // in `take_as_clone`.
        self.directory.high.fetch_max(gate.index() + 1, Ordering::Relaxed);
        Some(PlainArc::clone(gate))
    }

    /// Takes a vacant gate for a clone, and closes it at `position`, where the gate of the original
    /// stands. `None` if all gates are taken. A scan that misses the new gate, and then sees the
    /// original's gate move on, finds the position in the directory.
    pub(crate) fn take_as_clone(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.take(position)?;
        // ORDERING: Release pairs with the Acquire in `scan`: a scan that takes this position out
        // of the directory sees the new gate and the high-water mark.
        self.directory.cloned_at.fetch_min(position, ordering!("gates.cloned", Release));
        Some(gate)
    }

    /// Returns the smallest position of a closed gate, or `u64::MAX` if no gate is closed. Only the
    /// writer may call this: only the latest call has protected all clones.
    ///
    /// A clone could take a gate that the scan has passed, the original could move on before the
    /// scan comes to its gate, and the clone would be unprotected. So each clone leaves its
    /// position in the directory, the scan forgets at its beginning what it finds there, because it
    /// will see those gates, and counts at its end what was left there meanwhile.
    ///
    /// Wait-free: it reads each gate once, however many readers are cloned meanwhile.
    pub(crate) fn scan(&self) -> u64 {
        let cloned_at = &self.directory.cloned_at;
        // ORDERING: Relaxed; whoever finds nothing relies on the load at the end.
        if cloned_at.load(Ordering::Relaxed) != VACANT {
            // ORDERING: Acquire pairs with the Release in `take_as_clone`.
            cloned_at.swap(VACANT, ordering!("gates.scan_clones", Acquire));
        }
        let smallest = self.smallest();
        if !strong!("gates.count_clones") {
            return smallest;
        }
        // ORDERING: Relaxed; it stays behind the Acquire loads of the gates, and so sees every
        // clone that was made before a position that these loads have read.
        smallest.min(cloned_at.load(Ordering::Relaxed))
    }

    /// Returns the smallest position of a closed gate, or `u64::MAX` if no gate is closed, for
    /// statistics: it may miss a reader that is cloned meanwhile.
    pub(crate) fn smallest(&self) -> u64 {
        self.taken().map(Gate::gating_sequence).min().unwrap_or(VACANT)
    }

    /// Whether the ring has ever had an evictable reader.
    #[inline]
    pub(crate) fn can_evict(&self) -> bool {
        // ORDERING: Relaxed; a policy. A reader that becomes idle wakes a writer that sleeps.
        self.directory.evictable.load(Ordering::Relaxed) > 0
    }

    /// Notes that the ring has an evictable reader.
    pub(crate) fn set_can_evict(&self) {
        // ORDERING: Relaxed; as in `can_evict`.
        self.directory.evictable.store(1, Ordering::Relaxed);
    }

    /// Returns how many gates are closed. The answer may be outdated at once.
    pub(crate) fn count(&self) -> usize {
        self.taken().filter(|gate| gate.gating_sequence() != VACANT).count()
    }

    /// Returns the gate with this index.
    pub(crate) fn gate(&self, index: usize) -> &Gate {
        &self.all[index]
    }

    /// Returns the gate with this index, to be kept.
    pub(super) fn shared(&self, index: usize) -> &PlainArc<Gate> {
        &self.all[index]
    }

    /// Returns all gates that were ever taken.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &Gate> {
        // ORDERING: Relaxed; see `take`.
        let high = self.directory.high.load(Ordering::Relaxed);
        self.all[..high].iter().map(|gate| &**gate)
    }
}
