//! Panics on purpose: in closures, in `clone` and in `drop`.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

/// What a panic on purpose carries.
struct Mishap;

thread_local! {
    static CLONE_IS_ARMED: Cell<bool> = const { Cell::new(false) };
    static DROP_IS_ARMED: Cell<bool> = const { Cell::new(false) };
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics on purpose. Nothing is printed.
pub(super) fn happen() -> ! {
    panic::resume_unwind(Box::new(Mishap))
}

/// Drops something by a panic on purpose that unwinds past it.
pub(super) fn drop_by_panic<T>(value: T) {
    let caught = caught(|| {
        let _value = value;
        happen();
    });
    debug_assert!(caught.is_none());
}

/// Whether a panic was on purpose.
pub(super) fn is_mishap(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Mishap>()
}

/// Returns `None` if the closure panics on purpose. Every other panic goes on.
pub(super) fn caught<R>(run: impl FnOnce() -> R) -> Option<R> {
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) if is_mishap(&*payload) => None,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// The same, while the next `clone` of an event on this thread panics.
pub(super) fn caught_in_clone<R>(run: impl FnOnce() -> R) -> Option<R> {
    CLONE_IS_ARMED.set(true);
    let result = caught(run);
    CLONE_IS_ARMED.set(false);
    result
}

/// The same, while the next `drop` of an event on this thread panics.
pub(super) fn caught_in_drop<R>(run: impl FnOnce() -> R) -> Option<R> {
    DROP_IS_ARMED.set(true);
    let result = caught(run);
    DROP_IS_ARMED.set(false);
    result
}

/// To be called by every `clone`.
pub(super) fn on_clone() {
    if CLONE_IS_ARMED.replace(false) {
        happen();
    }
}

/// To be called by every `drop`. A second panic while one unwinds would abort the process.
pub(super) fn on_drop() {
    if DROP_IS_ARMED.get() && !thread::panicking() {
        DROP_IS_ARMED.set(false);
        happen();
    }
}

/// Catches every panic, and prints nothing: for panics of the library that are due.
pub(super) fn caught_quietly<R>(run: impl FnOnce() -> R) -> thread::Result<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                hook(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    IS_QUIET.set(false);
    result
}

/// Returns the text of a panic.
pub(super) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}
