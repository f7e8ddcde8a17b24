//! Somebody at the same servers who knows nothing of the protocol, and messages made by hand.

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use broadring_jetstream::servers::Servers;
use broadring_log::codec::Codec;
use broadring_log::{FrameBuilder, LogId};
use tokio::runtime::Runtime;

/// A client of its own.
pub(crate) struct Raw {
    runtime: Runtime,
    context: Context,
}

/// A message of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) subject: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) payload: Vec<u8>,
}

impl Raw {
    pub(crate) fn new(servers: &Servers) -> Self {
        let runtime = Runtime::new().unwrap();
        let context = runtime
            .block_on(async { jetstream::new(async_nats::connect(servers.urls()).await.unwrap()) });
        Self { runtime, context }
    }

    pub(crate) fn create(&self, config: Config) {
        self.runtime.block_on(self.context.create_stream(config)).unwrap();
    }

    pub(crate) fn update(&self, config: Config) {
        self.runtime.block_on(self.context.update_stream(config)).unwrap();
    }

    pub(crate) fn config(&self, stream: &str) -> Config {
        let stream = self.runtime.block_on(self.context.get_stream(stream)).unwrap();
        stream.cached_info().config.clone()
    }

    /// Publishes a message without expecting anything before it. Returns its place.
    pub(crate) fn publish(&self, stream: &str, message: &Message) -> u64 {
        let mut headers = HeaderMap::new();
        if let Some(id) = &message.id {
            headers.insert(NATS_MESSAGE_ID, &**id);
        }
        let subject = format!("broadring.{stream}.{}", message.subject);
        let payload = message.payload.clone().into();
        let acknowledgement = self.runtime.block_on(async {
            self.context.publish_with_headers(subject, headers, payload).await.unwrap().await
        });
        let acknowledgement = acknowledgement.unwrap();
        assert!(!acknowledgement.duplicate, "the server has dropped {message:?}");
        acknowledgement.sequence
    }

    /// The message at a place.
    pub(crate) fn message(&self, stream: &str, place: u64) -> Message {
        let found = self.runtime.block_on(async {
            self.context.get_stream(stream).await.unwrap().get_raw_message(place).await.unwrap()
        });
        let claims = format!("broadring.{stream}.claims");
        Message {
            subject: if found.subject.as_str() == claims { "claims" } else { "frames" },
            id: found.headers.get(NATS_MESSAGE_ID).map(ToString::to_string),
            payload: found.payload.to_vec(),
        }
    }

    /// The first and the last place of a stream.
    pub(crate) fn places(&self, stream: &str) -> (u64, u64) {
        let state = self.runtime.block_on(async {
            let mut stream = self.context.get_stream(stream).await.unwrap();
            stream.info().await.unwrap().state.clone()
        });
        (state.first_sequence, state.last_sequence)
    }
}

/// A claim or a resignation, as `docs/protocol.md` has it.
fn notice(stream: LogId, kind: u16, epoch: u64, next: u64, nonce: u64, name: &str) -> Vec<u8> {
    let mut bytes = b"brcl\0\0\0\0".to_vec();
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
    for number in [epoch, next, 1, nonce] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(name.as_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&stream.to_bytes()), &bytes);
    bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
    [&stream.to_bytes()[..], &bytes].concat()
}

/// A claim of an epoch, which goes on with an event.
pub(crate) fn claim(stream: LogId, epoch: u64, next: u64) -> Message {
    claim_with(stream, epoch, next, 7)
}

/// A claim of the candidate that has chosen this number.
pub(crate) fn claim_with(stream: LogId, epoch: u64, next: u64, nonce: u64) -> Message {
    Message {
        subject: "claims",
        id: Some(format!("{epoch}:claim:{nonce:016x}")),
        payload: notice(stream, 0, epoch, next, nonce, "by hand"),
    }
}

/// What ends an epoch.
pub(crate) fn resignation(stream: LogId, epoch: u64, next: u64) -> Message {
    Message {
        subject: "claims",
        id: Some(format!("{epoch}:end")),
        payload: notice(stream, 1, epoch, next, 0, "by hand"),
    }
}

/// A frame of an epoch, from an event on.
pub(crate) fn frame<C: Codec>(
    stream: LogId,
    epoch: u64,
    first: u64,
    codec: &C,
    events: impl IntoIterator<Item = C::Event>,
) -> Message {
    let mut frames = FrameBuilder::new(stream, first, epoch);
    for event in events {
        frames.push(codec, &event).unwrap();
    }
    let bytes = frames.finish(1).unwrap();
    Message {
        subject: "frames",
        id: Some(format!("{epoch}:{first}")),
        payload: [&stream.to_bytes()[..], &bytes].concat(),
    }
}
