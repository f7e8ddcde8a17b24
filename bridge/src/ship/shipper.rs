//! The handle of a shipper.

use core::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broadring::{Sequence, Upstream, Writer};

use super::builder::ShipperBuilder;
use super::failure::{ShipError, StoppedError};
use super::stats::ShipperStats;
use super::status::Status;
use crate::election::Leadership;

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
pub struct Shipper<T> {
    status: Arc<Status<T>>,
    upstream: Option<Upstream<T>>,
}

impl<T> Shipper<T> {
    pub(super) fn new(status: Arc<Status<T>>, upstream: Option<Upstream<T>>) -> Self {
        Self { status, upstream }
    }

    /// Describes a shipper with this right to write and this codec.
    pub fn builder<C>(leadership: Leadership, codec: C) -> ShipperBuilder<C>
    where
        C: broadring_log::codec::Codec<Event = T>,
    {
        ShipperBuilder::new(leadership, codec)
    }

    /// The sequence before which everything is in the stream: on most of its servers.
    pub fn acknowledged(&self) -> Sequence {
        self.status.acknowledged()
    }

    /// Waits until everything before a sequence is in the stream. Returns whether it is: not if the shipper has ended
    /// before, or the time is over.
    pub fn wait_acknowledged(&self, sequence: impl Into<Sequence>, timeout: Duration) -> bool {
        let until = Instant::now().checked_add(timeout);
        self.status.wait_acknowledged(sequence.into().into(), until)
    }

    /// Why the shipper has stopped although its stream goes on, if it has.
    pub fn failure(&self) -> Option<ShipError> {
        self.status.failure()
    }

    /// Returns how it is doing.
    pub fn stats(&self) -> ShipperStats {
        self.status.stats()
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.status.has_ended()
    }

    /// Makes it end although the stream goes on, when everything that it has read is in the stream. If the servers do not
    /// answer for four [timeouts](crate::StreamOptions::timeout) meanwhile, it fails.
    pub fn stop(&self) {
        self.status.ask_to_stop();
    }

    /// Waits until its stream has ended and everything is in the cluster's, or it was stopped, or has failed. Returns the
    /// sequence before which everything is there.
    ///
    /// # Errors
    ///
    /// [`ShipError`].
    pub fn join(self) -> Result<Sequence, ShipError> {
        match self.status.wait_end() {
            Some(failure) => Err(failure),
            None => Ok(self.status.acknowledged()),
        }
    }

    /// Publishes an event, and waits for room as [`Writer::publish`] does, unless the shipper has stopped: then nothing
    /// will make room any more, and the event comes back with the reason.
    ///
    /// # Errors
    ///
    /// [`StoppedError`] with the event.
    pub fn publish(&self, writer: &mut Writer<T>, event: T) -> Result<Sequence, StoppedError<T>> {
        let mut event = match writer.try_publish(event) {
            Ok(sequence) => return Ok(sequence),
            Err(refused) => refused.into_inner(),
        };
        loop {
            // One that has left the ring holds nobody back.
            if let Some(failure) = self.failure()
                && self.status.is_in_ring()
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

impl Shipper<()> {
    /// Describes a shipper of a [log](ShipperBuilder::start_log) with this right to write. It needs no codec: the records
    /// are encoded already.
    pub fn log_builder(leadership: Leadership) -> ShipperBuilder<()> {
        ShipperBuilder::new(leadership, ())
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        if self.failure().is_some() {
            self.status.leave();
        }
    }
}

/// # Panics
///
/// If the shipper reads a log: there is nothing in a ring that one could come after.
impl<T> From<&Shipper<T>> for Upstream<T> {
    #[track_caller]
    fn from(shipper: &Shipper<T>) -> Self {
        shipper.upstream.clone().expect("it ships a ring, and no log")
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
