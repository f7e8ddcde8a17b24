//! Wait strategies of the writer, and runs of events that need no waiting.

use broadring::{Wait, Writer};

use crate::common::{PARK, publish_at_once};

/// Wait strategies of the writer for tests that may have more threads than cores, where
/// spinning alone would be slow.
pub(crate) const WRITER_WAITS: [Wait; 4] = [Wait::PARK, PARK, Wait::YIELD, Wait::YIELD.spins(0)];

/// Publishes that many events, none of which may have to wait.
pub(crate) fn publish_n(writer: &mut Writer<u64>, len: usize) {
    for _ in 0..len {
        publish_at_once(writer);
    }
}
