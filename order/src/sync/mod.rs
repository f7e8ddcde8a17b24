//! The only door to atomics, fences and locks: the standard library's, or loom's when the crate is
//! built for model checking.
//!
//! The labels in [`strong!`] name the places where the protocol depends on a fence, an ordering or a
//! second look. In every ordinary build the macro is `true`. Under `--cfg broadring_controls` one
//! label can be weakened, by name, to show that a model notices: these are the negative controls.

#[cfg(not(all(loom, feature = "loom")))]
mod imp {
    pub(crate) use core::hint::spin_loop;
    pub(crate) use core::sync::atomic::{AtomicU64, Ordering, fence};
    pub(crate) use std::sync::{Arc as SharedArc, Mutex, MutexGuard};
    pub(crate) use std::thread::yield_now;
}

#[cfg(all(loom, feature = "loom"))]
mod imp {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};
    pub(crate) use loom::sync::{Arc as SharedArc, Mutex, MutexGuard};
    pub(crate) use loom::thread::yield_now;
}

pub(crate) use imp::*;

/// The standard library's types in every build: for what no step of the protocol depends on, such as
/// names, times, and who is the last to drop something, so that loom need not explore it.
pub(crate) use core::sync::atomic::AtomicU64 as PlainU64;
pub(crate) use std::sync::Arc;

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

/// Locks a mutex, poisoned or not: what it protects is consistent whenever the lock is released.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
