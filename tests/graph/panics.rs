//! Panics on purpose, which are told from the failures of a test.

use std::panic::{self, AssertUnwindSafe};

/// What such a panic carries.
struct OnPurpose;

/// Panics. The panic hook, which would report it or end a fuzzer, is not called.
pub(crate) fn on_purpose() -> ! {
    panic::resume_unwind(Box::new(OnPurpose))
}

/// Calls the closure. `None` if it has panicked on purpose; any other panic goes on.
pub(crate) fn caught<R>(body: impl FnOnce() -> R) -> Option<R> {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(returned) => Some(returned),
        Err(payload) if payload.is::<OnPurpose>() => None,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// Drops a guard while a panic unwinds.
pub(crate) fn drop_by_panic<G>(guard: G) {
    let _unwound = caught::<()>(|| {
        let _guard = guard;
        on_purpose()
    });
}
