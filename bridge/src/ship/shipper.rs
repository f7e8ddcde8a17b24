//! The handle of a shipper.

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broadring::{Sequence, Upstream, Writer};
use broadring_log::{Journal, JournalFailure};

use super::failure::{ShipError, StoppedError};
use super::stats::ShipperStats;
use super::status::Status;

/// How long the writer waits for room before it looks whether the shipper has stopped.
const LOOK: Duration = Duration::from_millis(20);

/// Sends what a ring or a log has to the servers of a stream, each event once and in order.
///
/// Whatever it finds at once becomes one frame, so the slower the servers, the larger the frames. What it has committed
/// in the ring is in the stream: a reader that comes [after](broadring::ReaderBuilder::after) the shipper sees nothing
/// that the cluster does not have. Until then the events stay in the ring, and hold its writer back when it is full.
///
/// It ends with the ring's stream, and gives the cluster's stream back then. Dropping the handle leaves it running; if
/// it has [failed](Self::failure), dropping the handle frees the writer.
///
/// # Examples
///
/// ```no_run
/// use broadring::Ring;
/// use broadring_jetstream::{Shipper, StreamOptions};
/// use broadring_log::codec::Postcard;
///
/// let stream = StreamOptions::new("orders").create(true).connect()?;
/// let leadership = stream.candidate("matcher").campaign()?;
/// let (mut writer, ring) =
///     Ring::builder(1024).first_sequence(leadership.next_sequence()).build(|| 0_u64);
/// let shipper = Shipper::builder(leadership, Postcard::new(0)).start(&ring)?;
/// let mut replies = ring.reader().after(&shipper)?.from_oldest().subscribe()?;
///
/// writer.publish(7);
/// assert_eq!(replies.recv()?, 7); // the cluster has it
/// drop(writer);
/// shipper.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Shipper<T>(Inner<T>);

enum Inner<T> {
    /// A task sends it to the servers.
    Cluster { status: Held<T>, upstream: Option<Upstream<T>> },
    /// A journal writes it into the log of an embedded stream.
    Embedded { journal: Journal<T>, epoch: u64 },
}

/// How often a journal is asked how far it is.
const POLL: Duration = Duration::from_millis(1);

impl<T> Shipper<T> {
    pub(super) fn new(status: Arc<Status<T>>, upstream: Option<Upstream<T>>) -> Self {
        Self(Inner::Cluster { status: Held(status), upstream })
    }

    pub(super) fn embedded(journal: Journal<T>, epoch: u64) -> Self {
        Self(Inner::Embedded { journal, epoch })
    }

    /// The sequence before which everything is in the stream: on most of its servers.
    pub fn acknowledged(&self) -> Sequence {
        match &self.0 {
            Inner::Cluster { status, .. } => status.acknowledged(),
            Inner::Embedded { journal, .. } => journal.committed(),
        }
    }

    /// Waits until everything before a sequence is in the stream. Returns whether it is: not if the shipper has ended
    /// before, or the time is over.
    pub fn wait_acknowledged(&self, sequence: impl Into<Sequence>, timeout: Duration) -> bool {
        let (sequence, until) = (sequence.into(), Instant::now().checked_add(timeout));
        match &self.0 {
            Inner::Cluster { status, .. } => status.wait_acknowledged(sequence.into(), until),
            Inner::Embedded { journal, .. } => loop {
                // In this order, so that what it has done last counts.
                let over =
                    journal.is_finished() || until.is_some_and(|until| Instant::now() >= until);
                if journal.committed() >= sequence || over {
                    return journal.committed() >= sequence;
                }
                std::thread::sleep(POLL);
            },
        }
    }

    /// Why the shipper has stopped although its stream goes on, if it has.
    pub fn failure(&self) -> Option<ShipError> {
        match &self.0 {
            Inner::Cluster { status, .. } => status.failure(),
            Inner::Embedded { journal, .. } => journal.failure().map(ShipError::Journal),
        }
    }

    /// Returns how it is doing.
    pub fn stats(&self) -> ShipperStats {
        match &self.0 {
            Inner::Cluster { status, .. } => status.stats(),
            Inner::Embedded { journal, epoch } => {
                let stats = journal.stats();
                ShipperStats {
                    epoch: *epoch,
                    acknowledged: stats.log.committed,
                    framed: stats.log.committed,
                    frames: stats.log.frames,
                    bytes: stats.log.bytes,
                    in_flight: 0,
                    doubts: stats.log.failures,
                    outage: stats.in_memory,
                    failure: stats.failure,
                }
            }
        }
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Cluster { status, .. } => status.has_ended(),
            Inner::Embedded { journal, .. } => journal.is_finished(),
        }
    }

    /// Makes it end although the stream goes on, when everything that it has read is in the stream. If the servers do not
    /// answer for four [timeouts](crate::StreamOptions::timeout) meanwhile, it fails.
    pub fn stop(&self) {
        match &self.0 {
            Inner::Cluster { status, .. } => status.ask_to_stop(),
            Inner::Embedded { journal, .. } => journal.stop(),
        }
    }

    /// Waits until its stream has ended and everything is in the cluster's, or it was stopped, or has failed. Returns the
    /// sequence before which everything is there.
    ///
    /// # Errors
    ///
    /// [`ShipError`].
    pub fn join(self) -> Result<Sequence, ShipError> {
        match self.0 {
            Inner::Cluster { status, .. } => match status.wait_end() {
                Some(failure) => Err(failure),
                None => Ok(status.acknowledged()),
            },
            Inner::Embedded { journal, .. } => match journal.join() {
                Ok(log) => {
                    let next = log.next_sequence();
                    match log.close() {
                        Ok(_) => Ok(next),
                        Err(error) => {
                            Err(ShipError::Journal(JournalFailure::File(Arc::new(error))))
                        }
                    }
                }
                Err(error) => match error.failure() {
                    Some(failure) => Err(ShipError::Journal(failure.clone())),
                    None => Err(ShipError::Panicked),
                },
            },
        }
    }

    /// Publishes an event, and waits for room as [`Writer::publish`] does, unless the shipper has failed: then nothing
    /// will make room any more, and the event comes back with the reason.
    ///
    /// While there is room this is [`Writer::try_publish`], whether the shipper runs or not.
    ///
    /// # Errors
    ///
    /// [`StoppedError`] with the event.
    pub fn publish(&self, writer: &mut Writer<T>, event: T) -> Result<Sequence, StoppedError<T>> {
        let status = match &self.0 {
            Inner::Cluster { status, .. } => status,
            Inner::Embedded { journal, .. } => {
                return journal.publish(writer, event).map_err(|stopped| {
                    let failure = ShipError::Journal(stopped.failure().clone());
                    StoppedError { event: stopped.into_inner(), failure }
                });
            }
        };
        let mut event = match writer.try_publish(event) {
            Ok(sequence) => return Ok(sequence),
            Err(refused) => refused.into_inner(),
        };
        loop {
            // One that has left the ring holds nobody back.
            if let Some(failure) = status.failure()
                && status.is_in_ring()
            {
                return Err(StoppedError { event, failure });
            }
            event = match writer.publish_timeout(event, LOOK) {
                Ok(sequence) => return Ok(sequence),
                Err(refused) => refused.into_inner(),
            };
        }
    }
}

/// The status as the handle has it. Dropping it frees the writer if the task has failed.
struct Held<T>(Arc<Status<T>>);

impl<T> Deref for Held<T> {
    type Target = Status<T>;

    fn deref(&self) -> &Status<T> {
        &self.0
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if self.failure().is_some() {
            self.leave();
        }
    }
}

/// # Panics
///
/// If the shipper reads a log: there is nothing in a ring that one could come after.
impl<T> From<&Shipper<T>> for Upstream<T> {
    #[track_caller]
    fn from(shipper: &Shipper<T>) -> Self {
        match &shipper.0 {
            Inner::Cluster { upstream, .. } => {
                upstream.clone().expect("it ships a ring, and no log")
            }
            Inner::Embedded { journal, .. } => Self::from(journal),
        }
    }
}

impl<T> fmt::Debug for Shipper<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shipper")
            .field("acknowledged", &self.acknowledged())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}
