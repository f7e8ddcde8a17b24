//! The asymmetric fence: a publisher looks for sleepers without paying for a full fence each
//! time.
//!
//! Going to sleep and waking is Dekker's problem. The sleeper registers and then looks for work;
//! the waker stores work and then looks for sleepers. Each needs its store before its load, or
//! each may miss the other. Sleeping is rare, and every publication tries to wake, so the sleeper
//! should pay. Linux has `membarrier` for this: one call makes every running thread of the
//! process pass a full fence. The waker then only has to keep the compiler from swapping its two
//! operations.
//!
//! [`Fences::heavy`] is for the sleeper, [`light`] and [`full`] are for the waker. Where
//! `membarrier` is missing (another system, an old kernel, a sandbox, Miri, or the `membarrier`
//! feature turned off), both sides pass sequentially consistent fences, as under loom.

#![forbid(unsafe_code)]

use super::primitives::{Ordering, compiler_fence, fence, strong};

/// Which fences the two sides pass. A ring makes the choice when it is built, and both sides keep
/// to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fences {
    /// The sleeper makes every running thread of the process pass a full fence.
    Asymmetric,
    /// Both sides pass full fences.
    Symmetric,
}

impl Fences {
    /// Returns the fences that are cheapest for wakers on this system.
    pub(crate) fn choose() -> Self {
        if system::register() { Self::Asymmetric } else { Self::Symmetric }
    }

    /// The sleeper's fence, between its registration and its last look for work.
    pub(crate) fn heavy(self) {
        match self {
            // ORDERING: a full fence in every running thread; pairs with the
            // compiler fence in `light` (I7).
            Self::Asymmetric => system::barrier(),
            // ORDERING: SeqCst fence; pairs with the one in `full` (I7).
            Self::Symmetric if strong!("fence.heavy") => fence(Ordering::SeqCst),
            Self::Symmetric => (),
        }
    }

    /// The waker's fence, between its store and its look for sleepers, on paths that need not be
    /// quick.
    pub(crate) fn waker(self) {
        light();
        if self == Self::Symmetric {
            full();
        }
    }
}

/// The waker's fence, between its store and its look for sleepers, if the sleeper's fence is
/// asymmetric.
#[inline]
pub(crate) fn light() {
    // ORDERING: keeps the compiler from swapping the store and the load; `membarrier` in
    // `Fences::heavy` keeps the processor from it (I7).
    compiler_fence(Ordering::SeqCst);
}

/// The waker's fence if the sleeper's fence is symmetric.
pub(crate) fn full() {
    if strong!("fence.light") {
        // ORDERING: SeqCst fence; pairs with the one in `Fences::heavy`. Either the waker sees
        // the sleeper's registration after this fence, or the sleeper sees the waker's store
        // after its own (I7).
        fence(Ordering::SeqCst);
    }
}

#[cfg(all(
    target_os = "linux",
    feature = "membarrier",
    not(miri),
    not(all(loom, feature = "loom"))
))]
mod system {
    use std::sync::OnceLock;

    use rustix::thread::{MembarrierCommand, MembarrierQuery, membarrier, membarrier_query};

    /// Registers the process with the kernel, once, and returns whether the kernel accepts it.
    pub(super) fn register() -> bool {
        static REGISTERED: OnceLock<bool> = OnceLock::new();
        *REGISTERED.get_or_init(|| {
            let offered = membarrier_query();
            offered.contains(MembarrierQuery::PRIVATE_EXPEDITED)
                && offered.contains(MembarrierQuery::REGISTER_PRIVATE_EXPEDITED)
                && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
        })
    }

    /// # Panics
    ///
    /// If the kernel refuses the call after it has accepted the registration. To go on would lose
    /// wake-ups.
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
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn barrier() {
        unreachable!("nothing was registered")
    }
}
