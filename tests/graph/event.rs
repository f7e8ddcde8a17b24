//! The event: a number on the heap, which a sanitizer sees freed too early, twice or never.

use std::cell::Cell;

use crate::panics;

/// What an event may do badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    Clone,
    Drop,
}

thread_local! {
    /// What panics, the next time that any event does it.
    static NEXT: Cell<Option<Mishap>> = const { Cell::new(None) };
}

/// An event whose `clone` and `drop` can be made to panic.
#[derive(Debug)]
pub(crate) struct Event {
    number: Box<u64>,
}

impl Event {
    pub(crate) fn new(number: u64) -> Self {
        Self { number: Box::new(number) }
    }

    pub(crate) fn number(&self) -> u64 {
        *self.number
    }

    /// Changes the event where it is.
    pub(crate) fn set(&mut self, number: u64) {
        *self.number = number;
    }

    /// Makes the next clone of an event panic, on this thread.
    pub(crate) fn fail_next_clone() {
        NEXT.set(Some(Mishap::Clone));
    }

    /// Makes the next drop of an event panic, on this thread.
    pub(crate) fn fail_next_drop() {
        NEXT.set(Some(Mishap::Drop));
    }

    fn may_fail(mishap: Mishap) {
        if NEXT.get() == Some(mishap) {
            NEXT.set(None);
            panics::on_purpose();
        }
    }
}

impl Clone for Event {
    fn clone(&self) -> Self {
        Self::may_fail(Mishap::Clone);
        Self { number: self.number.clone() }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        Self::may_fail(Mishap::Drop);
    }
}
