//! The one that has the stream.

use core::fmt;
use std::sync::Arc;

use broadring::Sequence;
use broadring_log::{Log, LogId};
use broadring_order::clock::Hlc;
use bytes::Bytes;

use super::pulse::{Beat, Pulse};
use crate::cluster::Shared;
use crate::protocol::MessageId;
use crate::wire::{Notice, NoticeKind, enclose};

/// The right to write into a stream: an epoch, until another candidate claims the next one.
///
/// A [shipper](crate::Shipper) uses it. While it is held, other candidates that [campaign](super::Candidate::campaign)
/// wait. Dropping it lets them go on when they have lost patience; a shipper that ends
/// [gives the stream back](crate::ShipperBuilder::resign), and they go on at once.
pub struct Leadership {
    pub(crate) right: Right,
    pub(crate) stream: LogId,
    pub(crate) epoch: u64,
    pub(crate) next: u64,
    pub(crate) name: String,
}

/// What the right to write consists in.
pub(crate) enum Right {
    /// A claim that is in the stream.
    Claim(Claimed),
    /// The log of an embedded stream, which has a lock.
    Lock(Box<Log>),
}

/// A claim that is in the stream.
pub(crate) struct Claimed {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: MessageId,
    /// Its place in the stream.
    pub(crate) place: u64,
    pub(crate) clock: Arc<Hlc>,
    _pulse: Pulse,
}

impl Leadership {
    /// The writer whose claim was accepted.
    pub(super) fn claimed(
        shared: Arc<Shared>,
        stream: LogId,
        id: MessageId,
        place: u64,
        next: u64,
        name: String,
        clock: Arc<Hlc>,
    ) -> Self {
        let pulse = Pulse::start(&shared, id.epoch());
        let right = Right::Claim(Claimed { shared, id, place, clock, _pulse: pulse });
        Self { right, stream, epoch: id.epoch(), next, name }
    }

    /// The writer that has the lock.
    pub(super) fn locked(log: Log, epoch: u64, name: String) -> Self {
        let (stream, next) = (log.id(), log.next_sequence().into());
        Self { right: Right::Lock(Box::new(log)), stream, epoch, next, name }
    }

    /// Its epoch: larger than those of all writers before.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The sequence with which the stream goes on: a ring that is shipped
    /// [begins](broadring::RingBuilder::first_sequence) with it. All events before it are in the stream, each once.
    pub fn next_sequence(&self) -> Sequence {
        self.next.into()
    }

    /// The identity of the stream.
    pub fn stream_id(&self) -> LogId {
        self.stream
    }

    /// The name of the writer.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Claimed {
    /// The message with which it gives the stream back.
    pub(crate) fn resignation(&self, stream: LogId, writer: &str, next: u64) -> Bytes {
        let notice = Notice {
            kind: NoticeKind::Resignation,
            epoch: self.id.epoch(),
            next,
            stamp: self.clock.tick().get(),
            nonce: 0,
            writer: writer.to_owned(),
        };
        enclose(stream, &notice.encode(stream))
    }

    /// Tells candidates that the stream has been given back. Those that do not hear it find out later.
    pub(crate) async fn announce_end(&self) {
        let beat = Beat { epoch: self.id.epoch(), over: true };
        let subject = self.shared.options.pulse();
        let _ = self.shared.client.publish(subject, beat.encode().into()).await;
        let _ = self.shared.client.flush().await;
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership")
            .field("name", &self.name)
            .field("epoch", &self.epoch())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
