//! The one that has the stream.

use core::fmt;
use std::sync::Arc;
use std::time::Instant;

use broadring::Sequence;
use broadring_log::{Log, LogId};
use broadring_order::clock::Hlc;
use bytes::Bytes;

use super::error::ClaimError;
use super::pulse::{Beat, Pulse};
use crate::cluster::{RequestError, Shared, pause};
use crate::protocol::{MessageId, Payload, Sender, SenderState};
use crate::wire::{Notice, NoticeKind, enclose};

/// The right to write into a stream: an epoch, until another candidate claims the next one.
///
/// A [shipper](crate::Shipper) uses it. While it is held, other candidates that [campaign](super::Candidate::campaign)
/// wait. Dropping it lets them go on when they have lost patience; when it is [given back](Self::resign), or a shipper with it
/// [ends](crate::ShipperBuilder::resign), they go on at once.
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

    /// Its epoch: larger than those of all writers before; in an embedded stream, of all that have written something.
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

    /// Gives the stream back without having shipped anything, and other candidates go on at once. A shipper does that
    /// [itself](crate::ShipperBuilder::resign) when its stream ends. If another writer has it by now, there is nothing to
    /// give back.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Request`] if the servers do not answer for four [timeouts](crate::StreamOptions::timeout), or
    /// [`ClaimError::Open`] if the log of an embedded stream cannot be closed.
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn resign(self) -> Result<(), ClaimError> {
        match self.right {
            Right::Claim(claimed) => {
                let shared = Arc::clone(&claimed.shared);
                shared.wait(claimed.resign(self.stream, &self.name, self.next))
            }
            // The lock ends with the log.
            Right::Lock(log) => {
                log.close().map(drop).map_err(|error| ClaimError::Open(error.into()))
            }
        }
    }
}

/// What a writer sends that has no frames.
#[derive(Clone, Debug)]
enum NoFrame {}

impl Payload for NoFrame {
    fn first(&self) -> u64 {
        match *self {}
    }

    fn end(&self) -> u64 {
        match *self {}
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

    /// Gives the stream back.
    async fn resign(self, stream: LogId, writer: &str, next: u64) -> Result<(), ClaimError> {
        let until = Instant::now() + self.shared.options.timeout * 4;
        let payload = self.resignation(stream, writer, next);
        let subject = self.shared.options.claims();
        let mut sender = Sender::<NoFrame>::new(self.id, self.place, next);
        sender.resign();
        let mut attempt = 0;
        loop {
            match sender.state() {
                SenderState::Leading => {
                    let Some(message) = sender.transmit() else {
                        unreachable!("a resignation that is not acknowledged is sent");
                    };
                    let (id, expected) = (message.id, message.expected);
                    let sent = self.shared.publish(&subject, id, expected, 0, payload.clone());
                    let answer = match sent.await {
                        Ok(answer) => answer.await,
                        Err(answer) => answer,
                    };
                    match answer.failure {
                        None => sender.accepted(id),
                        Some(why) if attempt > 0 && Instant::now() >= until => {
                            return Err(self.shared.unanswered(why).into());
                        }
                        Some(_) => drop(sender.failed(message.attempt)),
                    }
                }
                SenderState::Uncertain => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                    match self.shared.last().await {
                        Ok(last) => drop(sender.last(last.map(|last| last.as_last()))),
                        Err(RequestError::Unanswered(_)) if Instant::now() < until => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                // There is nothing to give back any more.
                SenderState::Deposed { .. } => return Ok(()),
                SenderState::Resigned => {
                    self.announce_end().await;
                    return Ok(());
                }
            }
        }
    }

    /// Tells candidates that the stream has been given back. Those that do not hear it find out later.
    pub(crate) async fn announce_end(&self) {
        let beat = Beat { epoch: self.id.epoch(), over: true };
        let subject = self.shared.options.pulse();
        let announced = async {
            let _ = self.shared.client.publish(subject, beat.encode().into()).await;
            let _ = self.shared.client.flush().await;
        };
        let _ = self.shared.limit(announced).await;
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
