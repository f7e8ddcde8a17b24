//! One message more.

use std::future::IntoFuture;

use async_nats::jetstream::context::PublishAckFuture;
use async_nats::HeaderMap;
use async_nats::header::{
    NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE,
    NATS_EXPECTED_LAST_SEQUENCE, NATS_MESSAGE_ID,
};
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::connect::Shared;
use crate::protocol::{Expected, MessageId};

/// What became of a message.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) id: MessageId,
    /// Which attempt it belonged to.
    pub(crate) attempt: u64,
    /// Nothing if it is in the stream, or else why that is not known.
    pub(crate) failure: Option<String>,
}

/// The answers that are waited for.
pub(crate) type Answers = FuturesUnordered<BoxFuture<'static, Answer>>;

impl Shared {
    /// Sends a message, and returns when it is on its way. The answer comes later.
    pub(crate) async fn publish(
        &self,
        subject: &str,
        id: MessageId,
        expected: Expected,
        attempt: u64,
        payload: Bytes,
    ) -> BoxFuture<'static, Answer> {
        let message = PublishMessage::build()
            .payload(payload)
            .message_id(id.to_string())
            .expected_stream(&self.options.name);
        let message = match expected {
            Expected::Place(place) => message.expected_last_sequence(place),
        };
        let sent = self.context.send_publish(subject.to_owned(), message).await;
        let fail = |failure: String| Answer { id, attempt, failure: Some(failure) };
        match sent {
            Err(error) => Box::pin(std::future::ready(fail(self.options.redact(error)))),
            Ok(answer) => Box::pin(wait(answer, id, attempt)),
        }
    }
}

impl Shared {
    /// Sends messages that are accepted together or not at all, and waits for the answer. The first of them expects
    /// something before it.
    pub(crate) async fn publish_together(
        &self,
        subject: &str,
        expected: Expected,
        messages: impl Iterator<Item = (MessageId, Bytes)>,
    ) -> Result<(), String> {
        let batch = self.client.new_inbox();
        // The servers take 64 letters at most.
        let batch = &batch[batch.len().saturating_sub(64)..];
        let mut messages = messages.zip(1_u64..).peekable();
        while let Some(((id, payload), number)) = messages.next() {
            let mut headers = HeaderMap::new();
            headers.insert(NATS_BATCH_ID, batch);
            headers.insert(NATS_BATCH_SEQUENCE, number.to_string());
            headers.insert(NATS_MESSAGE_ID, id.to_string());
            if number == 1 {
                match expected {
                    Expected::Place(place) => headers.insert(NATS_EXPECTED_LAST_SEQUENCE, place.to_string()),
                }
            }
            if messages.peek().is_some() {
                let sent = self.client.publish_with_headers(subject.to_owned(), headers, payload);
                sent.await.map_err(|error| self.options.redact(error))?;
                continue;
            }
            headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
            let last = PublishMessage::build()
                .payload(payload)
                .headers(headers)
                .expected_stream(&self.options.name);
            let answer = self.context.send_publish(subject.to_owned(), last).await;
            let answer = answer.map_err(|error| self.options.redact(error))?;
            answer.await.map_err(|error| self.options.redact(error))?;
        }
        Ok(())
    }
}

async fn wait(answer: PublishAckFuture, id: MessageId, attempt: u64) -> Answer {
    let failure = answer.into_future().await.err().map(|error| error.to_string());
    Answer { id, attempt, failure }
}
