//! One message more.

use std::future::IntoFuture;

use async_nats::HeaderMap;
use async_nats::header::{
    NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE,
    NATS_EXPECTED_LAST_SEQUENCE, NATS_MESSAGE_ID,
};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::connect::Shared;
use crate::protocol::MessageId;

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

/// The most bytes that the headers of a message have beside the name of its stream: three names of headers, an id,
/// a number.
const HEADERS: usize = 256;

impl Shared {
    /// How many bytes the payload of a message may have.
    pub(crate) fn most(&self) -> usize {
        self.client.max_payload().saturating_sub(HEADERS + self.options.name.len())
    }

    /// Sends a message, and returns when it is on its way. The answer comes later, or is an error if it was not sent.
    pub(crate) async fn publish(
        &self,
        subject: &str,
        id: MessageId,
        expected: u64,
        attempt: u64,
        payload: Bytes,
    ) -> Result<BoxFuture<'static, Answer>, Answer> {
        let message = PublishMessage::build()
            .payload(payload)
            .message_id(id.to_string())
            .expected_stream(&self.options.name);
        let message = message.expected_last_sequence(expected);
        // Without a connection, the client has room for some messages. It waits for as long as it takes when that is used up.
        let sent = self.context.send_publish(subject.to_owned(), message);
        let fail = |failure: String| Answer { id, attempt, failure: Some(failure) };
        match tokio::time::timeout(self.options.timeout, sent).await {
            Err(late) => Err(fail(late.to_string())),
            Ok(Err(error)) => Err(fail(self.options.redact(error))),
            Ok(Ok(answer)) => Ok(Box::pin(wait(answer, id, attempt))),
        }
    }
}

impl Shared {
    /// Sends messages that are accepted together or not at all, and waits for the answer. The first of them expects
    /// something before it.
    pub(crate) async fn publish_together(
        &self,
        subject: &str,
        expected: u64,
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
                headers.insert(NATS_EXPECTED_LAST_SEQUENCE, expected.to_string());
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
