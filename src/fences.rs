//! The asymmetric fence: what lets a publisher look for sleepers without paying
//! for a full fence each time.
//!
//! Going to sleep and waking is Dekker's problem: the sleeper registers and then
//! looks for work; the waker stores work and then looks for sleepers. Each needs
//! its store before its load, or both may miss the other. Sleeping is rare and
//! waking is tried at every publish, so the cost belongs with the sleeper. Linux
//! has `membarrier` for this: one call makes every running thread of the process
//! pass a full fence, and the waker then needs only to keep the compiler from
//! swapping its two operations.
//!
//! [`heavy`] is for the side that sleeps, [`light`] for the side that wakes.
//! Where `membarrier` is missing (another system, an old kernel, a sandbox, Miri,
//! or the `membarrier` feature turned off) both are sequentially consistent
//! fences, as they are under loom.

#![forbid(unsafe_code)]

use crate::sync::{Ordering, fence, strong};

/// The waker's fence, between its store and its look for sleepers.
#[inline]
pub(crate) fn light() {
    if system::available() {
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    } else if strong!("fence.light") {
        // ORDERING: SeqCst fence; pairs with the one in `heavy`. Either the
        // sleeper's registration is seen after this, or the waker's store is
        // seen after `heavy` (I7).
        fence(Ordering::SeqCst);
    }
}

/// The sleeper's fence, between its registration and its last look for work.
pub(crate) fn heavy() {
    if system::available() {
        system::barrier();
    } else if strong!("fence.heavy") {
        // ORDERING: SeqCst fence; pairs with the one in `light` (I7).
        fence(Ordering::SeqCst);
    }
}

/// Finds out what the system offers. Called before any ring exists, so that both
/// sides of every ring make the same choice.
pub(crate) fn prepare() {
    system::prepare();
}

#[cfg(all(
    target_os = "linux",
    feature = "membarrier",
    not(miri),
    not(all(loom, feature = "loom"))
))]
mod system {
    use std::sync::Once;

    use rustix::thread::{MembarrierCommand, MembarrierQuery, membarrier, membarrier_query};

    use crate::sync::{AtomicBool, Ordering};

    /// Whether the kernel took the registration; settled before the first ring.
    static REGISTERED: AtomicBool = AtomicBool::new(false);

    pub(super) fn prepare() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let offered = membarrier_query();
            let registered = offered.contains(MembarrierQuery::PRIVATE_EXPEDITED)
                && offered.contains(MembarrierQuery::REGISTER_PRIVATE_EXPEDITED)
                && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok();
            // ORDERING: Relaxed; `call_once` and whatever hands a ring to another
            // thread order this store before every look at it.
            REGISTERED.store(registered, Ordering::Relaxed);
        });
    }

    #[inline]
    pub(super) fn available() -> bool {
        // ORDERING: Relaxed; see `prepare`.
        REGISTERED.load(Ordering::Relaxed)
    }

    /// # Panics
    ///
    /// If the kernel takes back what it granted. Going on would lose wake-ups.
    pub(super) fn barrier() {
        membarrier(MembarrierCommand::PrivateExpedited)
            .expect("membarrier was registered for this process and must not fail afterwards");
    }
}

#[cfg(not(all(
    target_os = "linux",
    feature = "membarrier",
    not(miri),
    not(all(loom, feature = "loom"))
)))]
mod system {
    pub(super) fn prepare() {}

    #[inline]
    pub(super) const fn available() -> bool {
        false
    }

    pub(super) fn barrier() {}
}
