//! The handle of a mirror.

use core::fmt;
use std::sync::Arc;

use broadring::Sequence;

use super::failure::{MirrorEnd, MirrorError};
use super::stats::MirrorStats;
use super::status::Status;

/// Writes what a stream has into a ring of this process: every event once, under the same sequence, in the same order as
/// everywhere else.
///
/// It checks each message against the one before. Whatever does not follow is an [error](MirrorError) that says what and
/// where, and never an event. When it ends, for whatever reason, it closes the ring behind the last event.
///
/// Dropping the handle leaves it running.
///
/// # Examples
///
/// ```no_run
/// use broadring::Ring;
/// use broadring_jetstream::StreamOptions;
/// use broadring_log::codec::Postcard;
///
/// let stream = StreamOptions::new("orders").connect()?;
/// let (writer, ring) =
///     Ring::builder(1024).first_sequence(stream.oldest()?).build(|| 0_u64);
/// let mut reader = ring.subscribe()?;
/// let mirror = stream.mirror(Postcard::new(0)).name("audit").start(writer);
///
/// reader.run(|event, sequence, _| println!("{sequence}: {event}"));
/// mirror.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mirror {
    status: Arc<Status>,
}

impl Mirror {
    pub(super) fn new(status: Arc<Status>) -> Self {
        Self { status }
    }

    /// The sequence after the last event that is in the ring.
    pub fn next_sequence(&self) -> Sequence {
        self.status.next()
    }

    /// Why it has stopped, if it has failed.
    pub fn failure(&self) -> Option<MirrorError> {
        self.status.failure()
    }

    /// Returns how it is doing.
    pub fn stats(&self) -> MirrorStats {
        self.status.stats()
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.status.has_ended()
    }

    /// Makes it end.
    pub fn stop(&self) {
        self.status.ask_to_stop();
    }

    /// Waits until it ends.
    ///
    /// # Errors
    ///
    /// [`MirrorError`].
    pub fn join(self) -> Result<MirrorEnd, MirrorError> {
        self.status.wait_end()
    }
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror")
            .field("next", &self.next_sequence())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}
