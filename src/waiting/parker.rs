//! A parker: where a thread sleeps that waits at several event counts at once.
//!
//! It registers its waker at each of them. A wake-up that comes before it sleeps is not lost: the
//! next [`Parker::park`] returns at once.

#![forbid(unsafe_code)]

use core::task::Waker;
use std::task::Wake;
use std::time::Instant;

use crate::sync::{self, Condvar, Mutex, PlainArc, strong};

/// Where one thread sleeps until its waker is called.
#[derive(Debug)]
pub(crate) struct Parker {
    woken: Mutex<bool>,
    wakes: Condvar,
}

impl Parker {
    pub(crate) fn new() -> PlainArc<Self> {
        PlainArc::new(Self { woken: Mutex::new(false), wakes: Condvar::new() })
    }

    /// Returns a waker that ends the present sleep, or the next one.
    pub(crate) fn waker(self: &PlainArc<Self>) -> Waker {
        Waker::from(PlainArc::clone(self))
    }

    /// Sleeps until the waker was called since the last sleep (`true`), or the deadline has come
    /// (`false`).
    pub(crate) fn park(&self, deadline: Option<Instant>) -> bool {
        let mut woken = sync::lock(&self.woken);
        while !*woken {
            match sync::wait(&self.wakes, woken, deadline) {
                (lock, true) => woken = lock,
                (_, false) => return false,
            }
        }
        *woken = false;
        true
    }
}

impl Wake for Parker {
    fn wake(self: PlainArc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &PlainArc<Self>) {
        if strong!("parker.wake") {
            *sync::lock(&self.woken) = true;
        }
        self.wakes.notify_one();
    }
}
