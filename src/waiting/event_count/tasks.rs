//! The tasks that are registered at an event count.

#![forbid(unsafe_code)]

use core::mem;
use core::task::Waker;

use crate::sync::{for_every, strong};

/// The registered tasks, each under the key of its handle. So a handle has at most one
/// registration, whatever becomes of its futures. Keys are small numbers.
#[derive(Debug, Default)]
pub(super) struct Tasks(Vec<Option<Task>>);

#[derive(Debug)]
pub(super) struct Task {
    /// The position that the task waits for.
    pub(super) threshold: u64,
    pub(super) waker: Waker,
}

impl Tasks {
    pub(super) fn put(&mut self, key: usize, task: Task) -> Option<Task> {
        if key >= self.0.len() {
            self.0.resize_with(key + 1, || None);
        }
        self.0[key].replace(task)
    }

    pub(super) fn remove(&mut self, key: usize) -> Option<Task> {
        self.0.get_mut(key)?.take()
    }

    /// Takes all tasks out, and leaves the list empty.
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Wakes all tasks. Runs a user's code, so it must not be called under the lock.
    pub(super) fn wake(self) {
        if strong!("event_count.wake_tasks") {
            for_every(self.0.into_iter().flatten(), |task| task.waker.wake());
        }
    }
}
