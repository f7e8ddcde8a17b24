//! The stream as it is at the servers, read without the library under test: with the client of NATS alone, frame by
//! frame. Each message has to follow the one before.

use std::time::Duration;

use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy, pull};
use broadring_jetstream::protocol::{Chain, Link, MessageId};
use broadring_log::{Frame, LogId};
use futures_util::StreamExt;

use crate::cluster::NAME;
use crate::events::Digest;

/// Where a claim or a resignation says with which event the stream goes on: behind the identity of the stream, magic,
/// checksum, version, kind, length of the name, and epoch.
const NEXT: usize = 16 + 4 + 4 + 2 + 2 + 4 + 8;

/// What a stream has.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) digest: Digest,
    pub(crate) claims: u64,
}

/// Reads a stream from the beginning to the end.
pub(crate) fn read(urls: &[String]) -> Contents {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(contents(urls))
}

async fn contents(urls: &[String]) -> Contents {
    let client = async_nats::connect(urls.to_vec()).await.unwrap();
    let stream = async_nats::jetstream::new(client).get_stream(NAME).await.unwrap();
    let state = stream.get_info().await.unwrap().state;
    let config = pull::OrderedConfig {
        deliver_policy: DeliverPolicy::All,
        replay_policy: ReplayPolicy::Instant,
        ..pull::OrderedConfig::default()
    };
    let mut messages = stream.create_consumer(config).await.unwrap().messages().await.unwrap();
    let (mut chain, mut digest, mut claims) = (Chain::new(), Digest::default(), 0);
    while chain.place() < state.last_sequence {
        let message = tokio::time::timeout(Duration::from_secs(30), messages.next()).await;
        let message = message.expect("the stream can be read").unwrap().unwrap();
        let place = message.info().unwrap().stream_sequence;
        let headers = message.headers.as_ref().unwrap();
        let id: MessageId =
            headers.get(async_nats::header::NATS_MESSAGE_ID).unwrap().as_str().parse().unwrap();
        let payload = &message.payload;
        let identity = LogId::from_bytes(payload[..16].try_into().unwrap());
        let link = match id {
            MessageId::Frame { epoch, first } => {
                let frame = Frame::parse(&payload[16..], identity).unwrap();
                assert_eq!((frame.epoch(), u64::from(frame.first_sequence())), (epoch, first));
                for (sequence, record) in frame.records() {
                    digest.take(sequence.into(), record);
                }
                Link { id, first, end: frame.end_sequence().into() }
            }
            MessageId::Claim { .. } | MessageId::Padding { .. } | MessageId::Resignation { .. } => {
                let next = payload[NEXT..NEXT + 8].try_into().unwrap();
                let next = u64::from_le_bytes(next);
                claims += u64::from(matches!(id, MessageId::Claim { .. }));
                Link { id, first: next, end: next }
            }
        };
        chain.follow(place, link).unwrap();
    }
    Contents { digest, claims }
}
