//! Tasks that sleep at an event count, beside the threads.

#![forbid(unsafe_code)]

use core::mem;
use core::task::Waker;

use super::EventCount;
use crate::sync::{self, strong};
use crate::unwind::for_every;

/// The tasks that sleep somewhere, each under the key of its handle: so that a handle has
/// at most one of them, whatever becomes of its futures. Keys are small numbers.
#[derive(Debug, Default)]
pub(super) struct Tasks(Vec<Option<Task>>);

#[derive(Debug)]
struct Task {
    /// The position that it waits for.
    threshold: u64,
    waker: Waker,
}

impl EventCount {
    /// Announces a sleeper that is a task, in place of the one with the same key. The caller
    /// has still to look again. Returns `false` if it was announced before, for the same
    /// position, and not woken since.
    ///
    /// That it is announced stays so until it is woken or struck off, so the heavy fence is
    /// passed once, and not whenever a task is polled for another reason: whoever stores the
    /// position passes a fence before that one, and was seen by the look behind it, or after
    /// that one, and finds the announcement (I7).
    pub(crate) fn register_task(&self, key: usize, threshold: u64, waker: &Waker) -> bool {
        // Cloning and dropping a waker are the user's code, and so are not done under the lock.
        let waker = waker.clone();
        let mut state = sync::lock(&self.state);
        let replaced = state.tasks.put(key, Task { threshold, waker });
        let announced = replaced.as_ref().is_some_and(|task| task.threshold == threshold);
        if !announced {
            let smallest = threshold.min(state.threshold);
            self.set_threshold(&mut state, smallest);
        }
        drop(state);
        if !announced {
            self.bell.fences.heavy();
        }
        drop(replaced);
        !announced
    }

    /// Strikes a task off. What it has waited for may still wake the others once in vain.
    pub(crate) fn strike_task(&self, key: usize) {
        let struck = sync::lock(&self.state).tasks.remove(key);
        drop(struck);
    }
}

impl Tasks {
    fn put(&mut self, key: usize, task: Task) -> Option<Task> {
        if key >= self.0.len() {
            self.0.resize_with(key + 1, || None);
        }
        self.0[key].replace(task)
    }

    fn remove(&mut self, key: usize) -> Option<Task> {
        self.0.get_mut(key)?.take()
    }

    /// Takes all of them out.
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Wakes them: the user's code, and so not called under the lock.
    pub(super) fn wake(self) {
        if strong!("event_count.wake_tasks") {
            for_every(self.0.into_iter().flatten(), |task| task.waker.wake());
        }
    }
}
