//! One message more.

use std::future::IntoFuture;

use async_nats::jetstream::context::PublishAckFuture;
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
            Expected::Id(before) => message.expected_last_message_id(before.to_string()),
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

async fn wait(answer: PublishAckFuture, id: MessageId, attempt: u64) -> Answer {
    let failure = answer.into_future().await.err().map(|error| error.to_string());
    Answer { id, attempt, failure }
}
