//! The only door to atomics, fences, locks and threads: the standard library's, or loom's when
//! the crate is built for model checking.
//!
//! The labels in [`ordering!`] and [`strong!`] name the places where the protocol depends on an
//! ordering, a fence, a second look or a wake-up. In every ordinary build the macros expand to
//! exactly what they wrap. Under `--cfg broadring_controls` one label can be weakened, by name,
//! to show that a model notices: these are the negative controls in `loom-tests`. The table in
//! `docs/design.md` lists all labels.

#![forbid(unsafe_code)]

use std::time::Instant;

#[cfg(not(all(loom, feature = "loom")))]
mod imp {
    pub(crate) use core::hint::spin_loop;
    pub(crate) use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(crate) use std::thread::yield_now;
}

#[cfg(all(loom, feature = "loom"))]
mod imp {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(crate) use loom::thread::yield_now;
}

pub(crate) use imp::*;

/// The standard library's types in every build: for what no step of the protocol depends on,
/// such as names, addresses and counters, so that loom need not explore it. No operation on one
/// of loom's types may happen under such a lock.
pub(crate) use core::sync::atomic::AtomicU64 as PlainU64;
pub(crate) use std::sync::{Arc as PlainArc, Mutex as PlainMutex};

/// Loom has no counterpart and needs none: see `fences.rs`.
pub(crate) use core::sync::atomic::compiler_fence;

/// Whether this build runs under loom, where spinning and clocks have no meaning.
pub(crate) const MODEL: bool = cfg!(all(loom, feature = "loom"));

/// The ordering of one labelled place in the protocol: `Relaxed` when a control weakens it.
macro_rules! ordering {
    ($label:literal, $ordering:ident) => {
        if $crate::sync::strong!($label) {
            $crate::sync::Ordering::$ordering
        } else {
            $crate::sync::Ordering::Relaxed
        }
    };
}
pub(crate) use ordering;

/// `true`, unless a negative control weakens the labelled place.
#[cfg(not(broadring_controls))]
macro_rules! strong {
    ($label:literal) => {
        true
    };
}
#[cfg(broadring_controls)]
macro_rules! strong {
    ($label:literal) => {
        !$crate::sync::weakened($label)
    };
}
pub(crate) use strong;

/// Whether the environment variable `BROADRING_WEAKEN`, a list separated by commas, names this
/// label.
#[cfg(broadring_controls)]
pub(crate) fn weakened(label: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("BROADRING_WEAKEN").unwrap_or_default());
    chosen.split(',').any(|chosen| chosen == label)
}

/// Sleeps at a condition variable until it is notified, or spuriously not, and returns `true`; or
/// until the deadline, and returns `false`.
pub(crate) fn wait<'m, T>(
    condition: &Condvar,
    guard: MutexGuard<'m, T>,
    deadline: Option<Instant>,
) -> (MutexGuard<'m, T>, bool) {
    let Some(deadline) = deadline else {
        let waited = condition.wait(guard);
        return (waited.unwrap_or_else(|poisoned| poisoned.into_inner()), true);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return (guard, false);
    }
    let waited = condition.wait_timeout(guard, left);
    (waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0, true)
}

/// Locks a mutex, poisoned or not. No user code runs while one of these locks is held, so what
/// it protects is always consistent.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
