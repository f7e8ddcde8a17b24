//! How a mirror is started.

use std::sync::Arc;
use std::time::Duration;

use broadring::Writer;
use broadring_log::codec::Codec;

use super::failure::MirrorError;
use super::following::Following;
use super::handle::Mirror;
use super::run::Run;
use super::status::Status;
use crate::protocol::Chain;
use crate::stream::{Engine, Stream};

/// Describes a mirror before it is started: from [`Stream::mirror`].
#[derive(Debug)]
#[must_use = "a description does nothing until `start` is called"]
pub struct MirrorBuilder<C> {
    stream: Stream,
    codec: C,
    name: String,
    patience: Duration,
    give_up_after: Option<Duration>,
    until_resigned: bool,
}

impl Stream {
    /// Describes a mirror of the stream, with this codec.
    pub fn mirror<C: Codec>(&self, codec: C) -> MirrorBuilder<C> {
        MirrorBuilder {
            stream: self.clone(),
            codec,
            name: "mirror".to_owned(),
            patience: Duration::from_secs(2),
            give_up_after: None,
            until_resigned: false,
        }
    }
}

impl<C> MirrorBuilder<C> {
    /// Names the mirror, for [status](Stream::status). `mirror` unless set. Letters, digits, `-` and `_` are kept of it.
    pub fn name(self, name: impl AsRef<str>) -> Self {
        let fits = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        Self { name: name.as_ref().chars().filter(fits).take(64).collect(), ..self }
    }

    /// Sets how long nothing may come before the servers are asked whether there is something. 2 seconds unless set.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sets that the mirror fails when the servers have not answered for so long. Unless set, it waits for them, and
    /// [says](super::MirrorStats::stalled) that it does.
    pub fn give_up_after(self, limit: Duration) -> Self {
        Self { give_up_after: Some(limit), ..self }
    }

    /// Sets whether the mirror ends when the writer has given the stream back and there is nothing behind. It goes on
    /// with the next writer unless set.
    pub fn until_resigned(self, until_resigned: bool) -> Self {
        Self { until_resigned, ..self }
    }

    /// Starts it. From now on it is the only writer of this ring, and goes on with the ring's
    /// [cursor](broadring::Ring::cursor): build the ring with the sequence that is wanted
    /// [first](broadring::RingBuilder::first_sequence), for instance with the
    /// [next one](broadring_log::Log::next_sequence) of a log that has what came before.
    ///
    /// It finds that event in the stream by itself. Readers of the ring hold it back, as they do with any writer.
    pub fn start<T>(self, writer: Writer<T>) -> Mirror
    where
        T: Send + Sync + 'static,
        C: Codec<Event = T> + Send + 'static,
    {
        let Self { stream, codec, name, patience, give_up_after, until_resigned } = self;
        let status = Arc::new(Status::new(writer.cursor().into()));
        let shared = match stream.engine {
            Engine::Cluster(shared) => shared,
            Engine::Embedded(embedded) => {
                let following = Following {
                    embedded,
                    codec,
                    writer,
                    until_resigned,
                    status: Arc::clone(&status),
                };
                following.spawn(name);
                return Mirror::new(status);
            }
        };
        let run = Run {
            shared: Arc::clone(&shared),
            codec,
            writer,
            name,
            patience,
            give_up_after,
            until_resigned,
            status: Arc::clone(&status),
            chain: Chain::new(),
            from_empty: false,
            events: Vec::new(),
            stalled: None,
        };
        let task = shared.spawn(run.run());
        let (held, end) = (Arc::clone(&shared), Arc::clone(&status));
        shared.spawn(async move {
            end.end(task.await.unwrap_or(Err(MirrorError::Panicked)));
            drop(held);
        });
        Mirror::new(status)
    }
}
