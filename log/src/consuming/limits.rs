//! How large a batch gets.

use std::time::Duration;

/// What ends a batch, besides that there is nothing more to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many events.
    pub(super) events: u64,
    /// How long the effects of the events before have taken.
    pub(super) within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 1000, within: Duration::from_millis(100) }
    }
}
