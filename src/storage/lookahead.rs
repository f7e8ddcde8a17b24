//! How far ahead the handles prefetch slots, and when. None of it changes a result.

use core::ptr::NonNull;

use super::prefetch::{self, AHEAD, CACHE_LINE};
use super::slots::{Block, LARGE_BLOCK, STAMP, Slots};

impl<T> Slots<T> {
    /// Whether a handle prefetches at every event, and not only at the first one of a block.
    pub(super) const EACH: bool = !Self::SMALL || Self::LANES == 1;

    /// A reader prefetches only while more events than this are available after the next one. What
    /// is not yet published belongs to the writer, and a reader leaves it alone, but for the end of a
    /// cache line.
    pub(super) const FAR: usize = if Self::SMALL {
        AHEAD / Self::STRIDE * Self::LANES + Self::LANES
    } else {
        AHEAD / Self::PITCH + 1
    };

    /// How many bytes the writer prefetches ahead, in a ring that is large enough. Of large events a
    /// block, so that it comes to each slot while it is at the same slot of the block before.
    const WRITE_AHEAD: usize =
        if Self::SMALL { AHEAD } else { LARGE_BLOCK.next_multiple_of(Self::STRIDE) };

    /// Returns how many bytes the writer prefetches ahead in a ring of so many bytes.
    pub(super) fn write_ahead(size: usize) -> usize {
        Self::WRITE_AHEAD.min(size / 4 / CACHE_LINE * CACHE_LINE)
    }

    /// Prefetches memory some way ahead of a slot for writing: a cache line if several events share
    /// one, otherwise as much as an event takes.
    ///
    /// Memory that readers have read a lap ago is in their cores' caches. A write to it takes a
    /// round trip to them, and meanwhile all later stores queue up behind it. Fetched ahead of
    /// time, the memory is there when its turn comes.
    #[inline]
    pub(super) fn fetch_to_write(&self, slot: NonNull<T>) {
        let bytes = if Self::SMALL { CACHE_LINE } else { Self::PITCH };
        prefetch::to_write(self.ahead(slot, self.write_ahead), bytes);
    }

    /// Prefetches the stamp of the block after the one at `start` for writing, if it is not in a cache
    /// line with events.
    #[inline]
    pub(super) fn fetch_stamp_to_write(&self, start: *mut u8) {
        if !Self::SMALL {
            prefetch::to_write(self.next_start(start), STAMP);
        }
    }

    /// Prefetches memory some way ahead of a slot for reading.
    #[inline]
    pub(super) fn fetch_to_read(&self, slot: NonNull<T>) {
        let bytes = if Self::SMALL { CACHE_LINE } else { Self::PITCH };
        prefetch::to_read(self.ahead(slot, AHEAD), bytes);
    }

    /// Prefetches the cache lines after that of a sequence, which is in this block, up to where
    /// `fetch_to_read` will begin, for a reader that has just found everything below `end`.
    #[inline]
    pub(crate) fn fetch_found(&self, block: &Block, sequence: u64, end: u64) {
        let found = (end - sequence) as usize;
        let here = if Self::SMALL { self.run(block, sequence) } else { 1 };
        let bytes = AHEAD.min(found.saturating_sub(here).saturating_mul(Self::PITCH));
        let slot = self.slot_in(block, sequence);
        for offset in (0..bytes).step_by(CACHE_LINE) {
            prefetch::to_read(self.ahead(slot, offset + CACHE_LINE), 1);
        }
    }

    /// Prefetches the event that a reader waits for, if it is not in a cache line with its stamp. A
    /// writer takes both lines away when it writes, and then both come back at the same time,
    /// instead of the event after the stamp.
    #[inline]
    pub(crate) fn fetch_awaited(&self, block: &Block, sequence: u64) {
        if !Self::SMALL {
            prefetch::to_read(self.slot_in(block, sequence).as_ptr().cast(), Self::PITCH);
        }
    }

    /// Returns the address `bytes` ahead of a slot, wrapped at the end of the memory.
    #[inline]
    fn ahead(&self, slot: NonNull<T>, bytes: usize) -> *const u8 {
        let ahead = slot.as_ptr().cast::<u8>().wrapping_add(bytes).cast_const();
        if ahead < self.memory.end { ahead } else { self.memory.wrap(ahead) }
    }
}
