//! The client of NATS alone: what the servers and it achieve without anything of ours.

use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, context};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::runtime::{Builder, Runtime};

use super::cluster::patiently;

/// A connection, with a thread that serves it, as a stream of ours has.
#[derive(Debug)]
pub struct Bare {
    runtime: Runtime,
    context: jetstream::Context,
}

/// What came of publishing.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// How many messages were acknowledged: all that were sent.
    pub messages: u64,
    /// How long that took.
    pub took: Duration,
}

/// A message on its way: whatever is the matter with it is an error in the end.
type Acknowledgement = std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl Bare {
    /// Connects to the servers.
    ///
    /// # Errors
    ///
    /// If that takes too long.
    pub fn connect(urls: &[String]) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let client =
            patiently(
                "a connection",
                || Ok(runtime.block_on(async_nats::connect(urls.to_vec()))?),
            )?;
        // It has a task of its own.
        let entered = runtime.enter();
        let context = context::ContextBuilder::new().max_ack_inflight(16 * 1024).build(client);
        drop(entered);
        Ok(Self { runtime, context })
    }

    /// Waits for something in this thread.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Makes a stream with three replicas in files, as ours are.
    ///
    /// # Errors
    ///
    /// If that takes too long.
    pub fn create(&self, name: &str) -> Result<()> {
        let config = Config {
            name: name.to_owned(),
            subjects: vec![subject(name)],
            num_replicas: 3,
            storage: StorageType::File,
            ..Config::default()
        };
        patiently("a stream", || {
            self.wait(self.context.get_or_create_stream(config.clone()))?;
            Ok(())
        })
    }

    /// Removes a stream.
    ///
    /// # Errors
    ///
    /// If that takes too long.
    pub fn remove(&self, name: &str) -> Result<()> {
        patiently("a stream to go", || {
            self.wait(self.context.delete_stream(name))?;
            Ok(())
        })
    }

    /// The name of the server that leads a stream, if one does.
    ///
    /// # Errors
    ///
    /// If the servers do not answer.
    pub fn leader(&self, name: &str) -> Result<Option<String>> {
        let stream = self.wait(self.context.get_stream(name))?;
        Ok(stream.cached_info().cluster.as_ref().and_then(|cluster| cluster.leader.clone()))
    }

    /// How many servers that follow the leader of a stream are reached by it.
    ///
    /// # Errors
    ///
    /// If the servers do not answer.
    pub fn online(&self, name: &str) -> Result<usize> {
        let stream = self.wait(self.context.get_stream(name))?;
        let replicas = stream.cached_info().cluster.iter().flat_map(|cluster| &cluster.replicas);
        Ok(replicas.filter(|one| !one.offline).count())
    }

    /// How many messages a stream has.
    ///
    /// # Errors
    ///
    /// If the servers do not answer.
    pub fn messages(&self, name: &str) -> Result<u64> {
        let stream = self.wait(self.context.get_stream(name))?;
        Ok(stream.cached_info().state.messages)
    }

    /// Publishes one message, and waits until it is acknowledged.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn publish(&self, name: &str, payload: Bytes) -> Result<()> {
        self.wait(async { self.send(name, plain(payload)).await?.await })
    }

    /// Sends a message.
    async fn send(&self, name: &str, message: PublishMessage) -> Result<Acknowledgement> {
        let sent = self.context.send_publish(subject(name), message).await?;
        Ok(Box::pin(async { sent.into_future().await.map(drop).map_err(|error| anyhow!(error)) }))
    }

    /// Publishes messages until the time is over, so many on their way at most, and waits until all of them are
    /// acknowledged.
    ///
    /// # Errors
    ///
    /// If one is not.
    pub fn publish_for(
        &self,
        name: &str,
        time: Duration,
        window: usize,
        mut message: impl FnMut(u64) -> PublishMessage + Send,
    ) -> Result<Sent> {
        self.wait(async {
            let start = Instant::now();
            let mut flight = FuturesUnordered::new();
            let mut messages = 0;
            while start.elapsed() < time {
                flight.push(self.send(name, message(messages)).await?);
                messages += 1;
                // Whatever has come meanwhile, and one more if the window is full.
                while flight.len() >= window {
                    flight.next().await.context("something is on its way")??;
                }
            }
            while let Some(acknowledged) = flight.next().await {
                acknowledged?;
            }
            Ok(Sent { messages, took: start.elapsed() })
        })
    }

    /// Reads a stream from its beginning, in order.
    ///
    /// # Errors
    ///
    /// If that cannot begin.
    pub fn read(&self, name: &str) -> Result<Ordered> {
        self.wait(async {
            let stream = self.context.get_stream(name).await?;
            let consumer = stream.create_consumer(OrderedConfig::default()).await?;
            Ok(consumer.messages().await?)
        })
    }
}

/// A message without anything that is to be checked.
pub fn plain(payload: Bytes) -> PublishMessage {
    PublishMessage::build().payload(payload)
}

/// A message with what each of ours has: an id, the stream, and the place of the message before.
pub fn chained(name: &str, payload: Bytes, number: u64) -> PublishMessage {
    let message = plain(payload).message_id(format!("1:{number}")).expected_stream(name);
    message.expected_last_sequence(number)
}

fn subject(name: &str) -> String {
    format!("bare.{name}.frames")
}
