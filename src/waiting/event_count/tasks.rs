//! The tasks, and the threads that wait at several places, which are registered at an event count.

#![forbid(unsafe_code)]

use core::mem;
use core::task::Waker;

use crate::sync::{for_every, strong};

/// Who registers. Each has at most one registration at an event count, whatever becomes of its
/// futures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A handle that waits in a task. The numbers are small, and differ at one event count.
    #[cfg(feature = "async")]
    Handle(usize),
    /// A wait set, in a thread or in a task.
    Set(u64),
}

/// The registrations: each is a waker to call, and for what.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    #[cfg(feature = "async")]
    handles: Vec<Option<Task>>,
    /// Few, if any: looked through one by one.
    sets: Vec<(u64, Task)>,
}

#[derive(Debug)]
pub(super) struct Task {
    /// The position that the task waits for.
    pub(super) threshold: u64,
    pub(super) waker: Waker,
}

impl Tasks {
    pub(super) fn put(&mut self, owner: Owner, task: Task) -> Option<Task> {
        match owner {
            #[cfg(feature = "async")]
            Owner::Handle(key) => {
                if key >= self.handles.len() {
                    self.handles.resize_with(key + 1, || None);
                }
                self.handles[key].replace(task)
            }
            Owner::Set(id) => match self.sets.iter_mut().find(|(other, _)| *other == id) {
                Some((_, before)) => Some(mem::replace(before, task)),
                None => {
                    self.sets.push((id, task));
                    None
                }
            },
        }
    }

    pub(super) fn remove(&mut self, owner: Owner) -> Option<Task> {
        match owner {
            #[cfg(feature = "async")]
            Owner::Handle(key) => self.handles.get_mut(key)?.take(),
            Owner::Set(id) => {
                let index = self.sets.iter().position(|(other, _)| *other == id)?;
                Some(self.sets.swap_remove(index).1)
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        #[cfg(feature = "async")]
        let no_handles = self.handles.is_empty();
        #[cfg(not(feature = "async"))]
        let no_handles = true;
        no_handles && self.sets.is_empty()
    }

    /// Takes all registrations out, and leaves the list empty.
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Calls all wakers. They run a user's code, so it must not be called under the lock.
    pub(super) fn wake(self) {
        let sets = self.sets.into_iter().map(|(_, task)| task);
        #[cfg(feature = "async")]
        let tasks = self.handles.into_iter().flatten().chain(sets);
        #[cfg(not(feature = "async"))]
        let tasks = sets;
        if strong!("event_count.wake_tasks") {
            for_every(tasks, |task| task.waker.wake());
        }
    }
}
