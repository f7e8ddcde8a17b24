//! The handle of a stream.

use core::fmt;
use std::path::Path;
use std::sync::Arc;

use broadring::Sequence;
use broadring_log::LogId;

use crate::cluster::{ConnectError, RequestError, Shared, StreamStatus};
use crate::embedded::Embedded;
use crate::options::StreamOptions;

/// A stream: at its servers, or [in a log](Self::embedded) on this machine.
///
/// Clone it at will. [Candidates](crate::Candidate), [shippers](crate::Shipper) and [mirrors](crate::Mirror) are made
/// from it. At servers it is one connection, and a thread that serves it. The connection finds the other servers by
/// itself when one is lost, for as long as it takes.
///
/// Its methods block the calling thread, and must not be called from a task.
#[derive(Clone)]
pub struct Stream {
    pub(crate) engine: Engine,
}

/// Where a stream is.
#[derive(Clone)]
pub(crate) enum Engine {
    Cluster(Arc<Shared>),
    Embedded(Embedded),
}

impl StreamOptions {
    /// Connects to the servers, and makes or checks the stream.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn connect(self) -> Result<Stream, ConnectError> {
        Ok(Stream { engine: Engine::Cluster(Shared::connect(self)?) })
    }
}

impl Stream {
    /// Connects to a stream.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn connect(options: StreamOptions) -> Result<Self, ConnectError> {
        options.connect()
    }

    /// A stream that needs no servers: a [log](broadring_log::Log) in this directory, which is made when somebody claims
    /// the stream. Everything is as at servers, for processes of one machine: one writes, any number of them mirror, and
    /// another one takes over when the first is gone. It is as safe as the disk. A writer that lives is not deposed: it
    /// has the lock of the log.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    /// use broadring_jetstream::{Shipper, Stream};
    /// use broadring_log::codec::Postcard;
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let directory = directory.path().join("orders");
    /// let stream = Stream::embedded(&directory);
    /// let leadership = stream.candidate("matcher").campaign()?;
    /// let (mut writer, ring) =
    ///     Ring::builder(64).first_sequence(leadership.next_sequence()).build(|| 0_u64);
    /// let shipper = Shipper::builder(leadership, Postcard::new(0)).start(&ring)?;
    ///
    /// let (mirrored, elsewhere) = Ring::builder(64).build(|| 0_u64);
    /// let mut reader = elsewhere.subscribe()?;
    /// let mirror = stream.mirror(Postcard::<u64>::new(0)).until_resigned(true).start(mirrored);
    ///
    /// writer.publish(7);
    /// assert_eq!(reader.recv()?, 7);
    /// drop(writer);
    /// assert_eq!(shipper.join()?, 1.into());
    /// mirror.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn embedded(directory: impl AsRef<Path>) -> Self {
        Self { engine: Engine::Embedded(Embedded::new(directory.as_ref())) }
    }

    /// Its name: that of the directory, if it is embedded.
    pub fn name(&self) -> String {
        match &self.engine {
            Engine::Cluster(shared) => shared.options.name.clone(),
            Engine::Embedded(embedded) => embedded.name(),
        }
    }

    /// Asks the servers for everything there is to know of the stream.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if they do not answer, or the stream has something else than messages of the protocol.
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn status(&self) -> Result<StreamStatus, RequestError> {
        match &self.engine {
            Engine::Cluster(shared) => shared.wait(shared.status()),
            Engine::Embedded(embedded) => embedded.status(),
        }
    }

    /// The sequence after the last event of the stream: what a mirror begins with that wants only what is to come.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn next_sequence(&self) -> Result<Sequence, RequestError> {
        match &self.engine {
            Engine::Cluster(shared) => {
                let last = shared.wait(shared.last())?;
                Ok(last.map_or(0, |last| last.link.end).into())
            }
            Engine::Embedded(embedded) => match embedded.reader()? {
                Some(log) => Ok(log.end()?),
                None => Ok(0.into()),
            },
        }
    }

    /// The oldest event that the stream has: what a mirror begins with that wants all.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn oldest(&self) -> Result<Sequence, RequestError> {
        match &self.engine {
            Engine::Cluster(shared) => {
                let oldest = shared.wait(async {
                    let tail = shared.tail().await?;
                    shared.at(tail.first.max(1)).await
                })?;
                Ok(oldest.map_or(0, |oldest| oldest.link.first).into())
            }
            Engine::Embedded(embedded) => match embedded.reader()? {
                Some(log) => Ok(log.oldest()?),
                None => Ok(0.into()),
            },
        }
    }

    /// The identity of the stream, which a log that is a copy of it [has](broadring_log::LogOptions::id) too. None while
    /// nobody has claimed it.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn id(&self) -> Result<Option<LogId>, RequestError> {
        match &self.engine {
            Engine::Cluster(shared) => {
                if shared.id.get().is_none() {
                    shared.wait(shared.last())?;
                }
                Ok(shared.id.get().copied())
            }
            Engine::Embedded(embedded) => Ok(embedded.reader()?.map(|log| log.id())),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Stream");
        debug.field("name", &self.name());
        if let Engine::Cluster(shared) = &self.engine {
            debug.field("servers", &shared.options.shown_servers());
        }
        debug.finish_non_exhaustive()
    }
}
