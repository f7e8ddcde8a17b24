//! How the models of this package are run.
//!
//! A model is a small program that loom executes in every way in which its
//! threads can interleave and its weak memory operations can read. A model that
//! explores nothing proves nothing, so each one here also says how many
//! executions it takes at least, and which outcomes there must be.

#![cfg(loom)]
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Executes the model in every way, with at most as many preemptions as the
/// environment variable `LOOM_MAX_PREEMPTIONS` says, or 2.
///
/// # Panics
///
/// If an execution panics, races or deadlocks; if there were fewer than `least`
/// executions; or if the outcomes they returned are not exactly `expected`.
pub fn explore<O>(
    least: usize,
    expected: impl IntoIterator<Item = O>,
    model: impl Fn() -> O + Send + Sync + 'static,
) where
    O: Ord + Debug + Send + 'static,
{
    explore_with(loom::model::Builder::new().preemption_bound.or(Some(2)), least, expected, model);
}

/// Executes the model like [`explore`], but never with more than two preemptions.
///
/// This is for a thread that another one may preempt while it unwinds. To the standard library all of
/// loom's threads are one: so the locks that the other one holds are poisoned, which loom does not
/// expect.
///
/// # Panics
///
/// As [`explore`].
pub fn explore_unwinding<O>(
    least: usize,
    expected: impl IntoIterator<Item = O>,
    model: impl Fn() -> O + Send + Sync + 'static,
) where
    O: Ord + Debug + Send + 'static,
{
    explore_with(Some(2), least, expected, model);
}

fn explore_with<O>(
    preemptions: Option<usize>,
    least: usize,
    expected: impl IntoIterator<Item = O>,
    model: impl Fn() -> O + Send + Sync + 'static,
) where
    O: Ord + Debug + Send + 'static,
{
    let executions = Arc::new(AtomicUsize::new(0));
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    // A search that is cut short passes silently, so nothing may cut it short.
    builder.max_duration = None;
    builder.max_permutations = None;
    builder.check({
        let (executions, outcomes) = (Arc::clone(&executions), Arc::clone(&outcomes));
        move || {
            executions.fetch_add(1, Ordering::Relaxed);
            let outcome = model();
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
        }
    });
    let executions = executions.load(Ordering::Relaxed);
    let outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{executions} executions, outcomes {outcomes:?}");
    assert!(executions >= least, "explored too little: {executions} executions, expected {least}");
    assert_eq!(*outcomes, expected.into_iter().collect(), "explored other outcomes");
}

/// Panics without a message.
pub fn on_purpose() -> ! {
    panic::resume_unwind(Box::new("on purpose"))
}

/// Calls the closure, and returns whether it panicked.
pub fn panics(closure: impl FnOnce()) -> bool {
    panic::catch_unwind(AssertUnwindSafe(closure)).is_err()
}
