//! How often a thread waited, and for how long.

use std::time::{Duration, Instant};

/// The waits of one thread.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Waits {
    pub(crate) times: u64,
    pub(crate) total: Duration,
}

impl Waits {
    /// Calls `wait`, and counts the call if it is `going_to` wait.
    pub(crate) fn measure<R>(&mut self, going_to: bool, wait: impl FnOnce() -> R) -> R {
        if !going_to {
            return wait();
        }
        let start = Instant::now();
        let result = wait();
        self.times += 1;
        self.total += start.elapsed();
        result
    }
}
