//! What is in the stream.

use std::time::Duration;

use async_nats::jetstream::stream::{Info, LastRawMessageErrorKind, RawMessageErrorKind};
use broadring_log::LogId;
use broadring_order::Stamp;
use futures_util::TryStreamExt;

use super::connect::Shared;
use super::error::RequestError;
use super::status::{MirrorInfo, Replica, StreamStatus};
use crate::protocol::{Last, Link, MessageId};
use crate::wire::{self, Notice};

/// How the mirror's name is kept with its consumer.
pub(crate) const MIRROR: &str = "broadring-mirror";

/// A message of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) place: u64,
    pub(crate) stream: LogId,
    pub(crate) link: Link,
    /// When it was made, by the hybrid logical clock of its writer.
    pub(crate) stamp: Stamp,
    /// The notice, if it is a claim or a resignation.
    pub(crate) notice: Option<Notice>,
}

impl Found {
    /// What the protocol asks of the last message.
    pub(crate) fn as_last(&self) -> Last {
        Last { place: self.place, id: self.link.id, next: self.link.end }
    }
}

/// Which places of the stream have messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) messages: u64,
}

impl Shared {
    /// The last message of the stream: none if there was never one.
    pub(crate) async fn last(&self) -> Result<Option<Found>, RequestError> {
        let last = tokio::time::timeout(
            self.options.timeout,
            self.stream.get_last_raw_message_by_subject(">"),
        );
        match last.await {
            Ok(Ok(message)) => self.found(message).map(Some),
            Ok(Err(error)) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                // Whoever took a stream for new that is not would wait for ever: its next message has another place.
                match self.tail().await? {
                    Tail { last: 0, .. } => Ok(None),
                    Tail { last, messages: 0, .. } => Err(RequestError::Emptied { messages: last }),
                    Tail { .. } => Err(self.unanswered(error)),
                }
            }
            Ok(Err(error)) => Err(self.unanswered(error)),
            Err(late) => Err(self.unanswered(late)),
        }
    }

    /// The last claim or resignation.
    async fn last_notice(&self) -> Result<Option<Found>, RequestError> {
        let claims = self.options.claims();
        match self.limit(self.stream.get_last_raw_message_by_subject(&claims)).await {
            Ok(Ok(message)) => self.found(message).map(Some),
            Ok(Err(error)) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Ok(Err(error)) => Err(self.unanswered(error)),
            Err(late) => Err(self.unanswered(late)),
        }
    }

    /// The message at a place, if there is one.
    pub(crate) async fn at(&self, place: u64) -> Result<Option<Found>, RequestError> {
        match self.limit(self.stream.get_raw_message(place)).await {
            Ok(Ok(message)) => self.found(message).map(Some),
            Ok(Err(error)) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Ok(Err(error)) => Err(self.unanswered(error)),
            Err(late) => Err(self.unanswered(late)),
        }
    }

    /// What the servers say of the stream.
    async fn info(&self) -> Result<Info, RequestError> {
        let info = self.limit(self.stream.get_info()).await;
        info.map_err(|late| self.unanswered(late))?.map_err(|error| self.unanswered(error))
    }

    /// Which places have messages.
    pub(crate) async fn tail(&self) -> Result<Tail, RequestError> {
        let state = self.info().await?.state;
        Ok(Tail {
            first: state.first_sequence,
            last: state.last_sequence,
            messages: state.messages,
        })
    }

    fn found(
        &self,
        message: async_nats::jetstream::message::StreamMessage,
    ) -> Result<Found, RequestError> {
        let place = message.sequence;
        let id = message.headers.get(async_nats::header::NATS_MESSAGE_ID);
        let id = id.map_or("", |id| id.as_str());
        let opened = wire::open(&message.payload, id, self.id.get().copied())
            .map_err(|source| RequestError::Message { place, source })?;
        let (stamp, notice) = match opened.content {
            wire::Content::Notice(notice) => (notice.stamp, Some(notice)),
            wire::Content::Frame(frame) => (frame.stamp(), None),
        };
        self.learn(opened.stream);
        let (stream, link) = (opened.stream, opened.link);
        Ok(Found { place, stream, link, stamp: stamp.into(), notice })
    }

    /// Notes which stream it is.
    pub(crate) fn learn(&self, id: LogId) {
        // All messages were checked to have the same.
        let _ = self.id.set(id);
    }

    pub(crate) fn unanswered(&self, error: impl ToString) -> RequestError {
        RequestError::Unanswered(self.options.redact(error))
    }

    pub(crate) async fn status(&self) -> Result<StreamStatus, RequestError> {
        let info = self.info().await?;
        let last = self.last().await?;
        let notice = self.last_notice().await?.and_then(|found| found.notice);
        let oldest = match self.at(info.state.first_sequence.max(1)).await? {
            Some(first) => first.link.first,
            None => 0,
        };
        let mut mirrors = Vec::new();
        let mut consumers = self.stream.consumers();
        loop {
            let consumer = self.limit(consumers.try_next()).await;
            let consumer = consumer.map_err(|late| self.unanswered(late))?;
            let Some(consumer) = consumer.map_err(|error| self.unanswered(error))? else {
                break;
            };
            if let Some(name) = consumer.config.metadata.get(MIRROR) {
                mirrors.push(MirrorInfo { name: name.clone(), lag: consumer.num_pending });
            }
        }
        mirrors.sort_by(|one, other| one.name.cmp(&other.name));
        let cluster = info.cluster;
        let (leader, replicas) =
            cluster.map_or_else(Default::default, |cluster| (cluster.leader, cluster.replicas));
        Ok(StreamStatus {
            name: self.options.name.clone(),
            id: self.id.get().map(ToString::to_string),
            epoch: last.as_ref().map_or(0, |last| last.link.id.epoch()),
            writer: notice.map(|notice| notice.writer),
            resigned: last
                .as_ref()
                .is_some_and(|last| matches!(last.link.id, MessageId::Resignation { .. })),
            oldest,
            next: last.map_or(0, |last| last.link.end),
            messages: info.state.messages,
            bytes: info.state.bytes,
            leader: leader.filter(|leader| !leader.is_empty()),
            replicas: replicas
                .into_iter()
                .map(|replica| Replica {
                    name: replica.name,
                    current: replica.current,
                    offline: replica.offline,
                    lag: replica.lag.unwrap_or(0),
                })
                .collect(),
            mirrors,
        })
    }
}

/// How long to wait before something is asked again for the nth time.
pub(crate) fn pause(attempt: u32) -> Duration {
    Duration::from_millis(20 << attempt.min(4))
}
