//! What is done also when something before it panics: wakers are the user's code.
//!
//! A second panic while the first one unwinds ends the process, as always.

#![forbid(unsafe_code)]

/// Calls the closure when it is dropped.
pub(crate) struct Finally<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for Finally<F> {
    #[inline]
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Does something with every item, also with those after one with which it panics.
pub(crate) fn for_every<I: Iterator>(mut items: I, mut act: impl FnMut(I::Item)) {
    // What is left after a panic; nothing otherwise.
    let mut go_on = Finally(|| items.by_ref().for_each(&mut act));
    (go_on.0)();
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};

    use super::*;

    #[test]
    fn a_panic_leaves_nothing_out() {
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
