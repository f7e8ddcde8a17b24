//! The task that reads the stream.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use broadring::{TryClaimError, Writer};
use broadring_log::Frame;
use broadring_log::codec::Codec;
use futures_util::StreamExt;

use super::events;
use super::failure::{MirrorEnd, MirrorError};
use super::place;
use super::status::Status;
use crate::cluster::{MIRROR, RequestError, Shared, pause};
use crate::protocol::{Chain, ChainError, MessageId};
use crate::trace;
use crate::wire::{self, Content};

/// How many messages are asked for at once: so many frames may wait in memory for room in the ring.
const AT_ONCE: i64 = 64;

/// The task that reads the stream.
pub(super) struct Run<T, C> {
    pub(super) shared: Arc<Shared>,
    pub(super) codec: C,
    pub(super) writer: Writer<T>,
    pub(super) name: String,
    /// How long nothing may come before it is looked whether there is something.
    pub(super) patience: Duration,
    pub(super) give_up_after: Option<Duration>,
    /// Whether it ends when the writer has given the stream back.
    pub(super) until_resigned: bool,
    pub(super) status: Arc<Status>,
    pub(super) chain: Chain,
    /// Whether the stream had no messages when the mirror has looked for its place.
    pub(super) from_empty: bool,
    /// The events of a frame, before they are published.
    pub(super) events: Vec<T>,
    /// Since when it does not get on.
    pub(super) stalled: Option<Instant>,
}

impl<T, C> Run<T, C>
where
    T: Send + Sync,
    C: Codec<Event = T> + Send,
{
    pub(super) async fn run(mut self) -> Result<MirrorEnd, MirrorError> {
        let status = Arc::clone(&self.status);
        tokio::select! {
            biased;
            () = status.stop.notified() => Ok(MirrorEnd::Stopped),
            end = self.read() => end,
        }
    }

    async fn read(&mut self) -> Result<MirrorEnd, MirrorError> {
        let mut start = self.locate().await?;
        let mut attempt = 0;
        loop {
            let before = self.chain.place();
            let why = match self.consume(start).await? {
                Ended::Over(end) => return Ok(end),
                Ended::Broken(why) => why,
            };
            if self.chain.place() > before {
                attempt = 0;
            }
            if self.chain.place() > 0 {
                start = self.chain.place() + 1;
            }
            self.stall(&why)?;
            tokio::time::sleep(pause(attempt)).await;
            attempt += 1;
            Status::add(&self.status.restarts, 1);
        }
    }

    /// The sequence of the next event of the ring.
    fn next(&self) -> u64 {
        self.writer.cursor().into()
    }

    /// Finds where to begin.
    async fn locate(&mut self) -> Result<u64, MirrorError> {
        let mut attempt = 0;
        loop {
            match place::find(&self.shared, self.next()).await {
                Ok(start) => {
                    self.from_empty = start.empty;
                    return Ok(start.place);
                }
                Err(MirrorError::Request(RequestError::Unanswered(why))) => {
                    self.stall(&why)?;
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Notes that it does not get on.
    fn stall(&mut self, why: &str) -> Result<(), MirrorError> {
        let since = match self.stalled {
            Some(since) => since,
            None => {
                trace::stalled(&self.name, self.next(), why);
                *self.stalled.insert(Instant::now())
            }
        };
        self.status.note_stalled(Some(since));
        match self.give_up_after {
            Some(limit) if since.elapsed() >= limit => Err(MirrorError::Stalled(since.elapsed())),
            _ => Ok(()),
        }
    }

    /// Notes that it gets on.
    fn get_on(&mut self) {
        if self.stalled.take().is_some() {
            trace::recovered(&self.name, self.next());
            self.status.note_stalled(None);
        }
    }

    /// Reads from a place on, for as long as that goes well.
    async fn consume(&mut self, start: u64) -> Result<Ended, MirrorError> {
        let mut messages = match consumer(&self.shared, &self.name, start).await {
            Ok(messages) => messages,
            Err(why) => return Ok(Ended::Broken(why)),
        };
        loop {
            let message = match tokio::time::timeout(self.patience, messages.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => {
                    return Ok(Ended::Broken(self.shared.options.redact(error)));
                }
                Ok(None) => return Ok(Ended::Broken("the consumer has ended".to_owned())),
                // Perhaps there is nothing to read. Only the servers know.
                Err(_) => match self.shared.tail().await {
                    Ok(tail) if tail.last < self.chain.place() => {
                        let why = "the stream has fewer messages than were read";
                        return Ok(Ended::Broken(why.to_owned()));
                    }
                    Ok(tail) if tail.last <= self.chain.place().max(start - 1) => {
                        self.get_on();
                        continue;
                    }
                    Ok(_) => return Ok(Ended::Broken("messages do not arrive".to_owned())),
                    Err(error) => return Ok(Ended::Broken(error.to_string())),
                },
            };
            let (place, pending) = match message.info() {
                Ok(info) => (info.stream_sequence, info.pending),
                Err(error) => return Ok(Ended::Broken(error.to_string())),
            };
            if place <= self.chain.place() {
                // It was sent before, and again because nobody knew that it had arrived.
                continue;
            }
            Status::set(&self.status.pending, pending);
            let resigned = self.take(place, &message).await?;
            self.get_on();
            if resigned && self.until_resigned && pending == 0 {
                return Ok(Ended::Over(MirrorEnd::Resigned));
            }
        }
    }

    /// Takes a message. Returns whether the writer gives the stream back with it.
    async fn take(
        &mut self,
        place: u64,
        message: &async_nats::jetstream::Message,
    ) -> Result<bool, MirrorError> {
        let next = self.next();
        let id = message.headers.as_ref();
        let id = id.and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID));
        let id = id.map_or("", |id| id.as_str());
        let opened = wire::open(&message.payload, id, self.shared.id.get().copied())
            .map_err(|source| MirrorError::Message { place, next: next.into(), source })?;
        if self.chain.place() == 0 && opened.link.first > next {
            let oldest = opened.link.first.into();
            return Err(MirrorError::Removed { requested: next.into(), oldest });
        }
        if self.chain.place() == 0 && self.from_empty && opened.link.end < next {
            let end = opened.link.end.into();
            return Err(MirrorError::Ahead { requested: next.into(), next: end });
        }
        if let Err(error) = self.chain.follow(place, opened.link) {
            return Err(self.explain(error, opened.link.first).await);
        }
        self.shared.learn(opened.stream);
        Status::set(&self.status.epoch, opened.link.id.epoch());
        if let Content::Frame(frame) = opened.content
            && opened.link.end > next
        {
            self.publish(&frame, next).await?;
            Status::add(&self.status.frames, 1);
            Status::add(&self.status.bytes, message.payload.len() as u64);
        }
        Ok(matches!(opened.link.id, MessageId::Resignation { .. }))
    }

    /// Says whether messages are missing because the stream has removed its oldest ones, which it may do.
    async fn explain(&mut self, error: ChainError, found: u64) -> MirrorError {
        if let ChainError::Places { expected, .. } = error
            && found > self.next()
            && let Ok(tail) = self.shared.tail().await
            && tail.first > expected
        {
            let requested = self.next().into();
            return MirrorError::Removed { requested, oldest: found.into() };
        }
        error.into()
    }

    /// Publishes the events of a frame from one of them on. If one cannot be decoded, none is published.
    async fn publish(&mut self, frame: &Frame<'_>, next: u64) -> Result<(), MirrorError> {
        self.events.clear();
        events::decode(frame, &self.codec, next, &mut self.events)?;
        let mut events = self.events.drain(..);
        while events.len() > 0 {
            if let Err(TryClaimError::EditorLeft(editor)) = self.writer.ready_async(1).await {
                return Err(MirrorError::EditorLeft(editor));
            }
            // A frame may have more events than the ring has places.
            let most = events.len().min(self.writer.capacity());
            let Ok(mut claim) = self.writer.try_claim_up_to(most) else {
                continue;
            };
            claim.iter_mut().zip(&mut events).for_each(|(slot, event)| *slot = event);
            let end = claim.publish().end;
            Status::set(&self.status.next, end.into());
        }
        Ok(())
    }
}

/// Begins to read at a place.
async fn consumer(shared: &Shared, mirror: &str, start: u64) -> Result<Ordered, String> {
    let name = format!("{mirror}-{:08x}", getrandom::u32().unwrap_or_default());
    let config = OrderedConfig {
        name: Some(name),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: start },
        replay_policy: ReplayPolicy::Instant,
        max_batch: AT_ONCE,
        metadata: HashMap::from([(MIRROR.to_owned(), mirror.to_owned())]),
        ..OrderedConfig::default()
    };
    let made = async {
        let consumer = shared.stream.create_consumer(config).await;
        let consumer = consumer.map_err(|error| shared.options.redact(error))?;
        consumer.messages().await.map_err(|error| shared.options.redact(error))
    };
    match tokio::time::timeout(shared.options.timeout, made).await {
        Ok(made) => made,
        Err(late) => Err(late.to_string()),
    }
}

/// How reading from a place on has ended.
enum Ended {
    /// For good.
    Over(MirrorEnd),
    /// It is to begin anew, for this reason.
    Broken(String),
}
