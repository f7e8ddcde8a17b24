//! Cleanup that also runs when the code before it panics.
//!
//! Wakers are a user's code and may panic. Whoever wakes several sleepers uses this to wake the
//! others too. A second panic while the first one unwinds aborts the process, as always.

#![forbid(unsafe_code)]

/// Calls the closure when it is dropped.
pub(crate) struct Finally<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for Finally<F> {
    #[inline]
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Calls `act` for every item, including those after an item at which it panics.
pub(crate) fn for_every<I: Iterator>(mut items: I, mut act: impl FnMut(I::Item)) {
    // After a panic the drop goes on with the items that are left; otherwise there are none.
    let mut go_on = Finally(|| items.by_ref().for_each(&mut act));
    (go_on.0)();
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};

    use super::*;

    #[test]
    fn a_panic_at_one_item_skips_no_other() {
        for panics_at in 0..5 {
            let mut done = Vec::new();
            let act = |item| {
                done.push(item);
                assert_ne!(item, panics_at, "on purpose");
            };
            let acted = panic::catch_unwind(AssertUnwindSafe(|| for_every(0..4, act)));
            assert_eq!((done, acted.is_ok()), (vec![0, 1, 2, 3], panics_at == 4));
        }
    }
}
