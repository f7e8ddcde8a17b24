//! The memory of a storage: allocated once, and freed with it.

use core::alloc::Layout;
use core::ptr::NonNull;
use std::alloc;

/// Allocated memory, freed when dropped.
pub(super) struct Memory {
    pub(super) start: NonNull<u8>,
    pub(super) end: *const u8,
    pub(super) layout: Layout,
}

impl Memory {
    pub(super) fn new(layout: Layout) -> Self {
        assert!(layout.size() > 0);
        // SAFETY: the size is not zero.
        let start = unsafe { alloc::alloc(layout) };
        match NonNull::new(start) {
            Some(start) => {
                let end = start.as_ptr().wrapping_add(layout.size()).cast_const();
                Self { start, end, layout }
            }
            None => alloc::handle_alloc_error(layout),
        }
    }

    /// Returns the address that lies as far behind the start as this one behind the end.
    #[cold]
    #[inline(never)]
    pub(super) fn wrap(&self, address: *const u8) -> *const u8 {
        address.wrapping_sub(self.layout.size())
    }

    /// Returns the address at an offset, which must not be larger than the size.
    #[inline]
    pub(super) fn at<U>(&self, offset: usize) -> NonNull<U> {
        debug_assert!(offset <= self.layout.size());
        // SAFETY: the caller's offset is that of a block or of a slot, inside the memory.
        unsafe { self.start.add(offset) }.cast()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: `start` was allocated with this layout and is freed once.
        unsafe { alloc::dealloc(self.start.as_ptr(), self.layout) };
    }
}
