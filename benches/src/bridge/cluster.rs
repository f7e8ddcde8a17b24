//! The servers that everything is measured with, and the streams on them.

use std::cell::{Cell, RefCell};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use broadring_jetstream::servers::{Servers, ServersError};
use broadring_jetstream::{Stream, StreamOptions};

use super::bare::Bare;

/// How long the servers may take for what they have to agree on: who leads, that a stream is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Three servers on this machine, which end with this.
#[derive(Debug)]
pub struct Cluster {
    servers: RefCell<Servers>,
    urls: Vec<String>,
    streams: Cell<u32>,
}

impl Cluster {
    /// Starts the servers.
    ///
    /// # Errors
    ///
    /// If there is no `nats-server`, or they do not start.
    pub fn start() -> Result<Self> {
        let servers = match Servers::start(3) {
            Ok(servers) => servers,
            Err(ServersError::NoProgram) => bail!(
                "this measures with real servers, and there is no nats-server on the path, nor where the variable \
                 NATS_SERVER says"
            ),
            Err(error) => return Err(error).context("starting the servers"),
        };
        let urls = servers.urls();
        Ok(Self { servers: RefCell::new(servers), urls, streams: Cell::new(0) })
    }

    /// The addresses of the servers.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// A name that no stream has had.
    pub fn fresh(&self, what: &str) -> String {
        self.streams.set(self.streams.get() + 1);
        format!("{what}-{}", self.streams.get())
    }

    /// Removes a stream, with its files.
    ///
    /// # Errors
    ///
    /// If the servers do not do that.
    pub fn remove(&self, name: &str) -> Result<()> {
        Bare::connect(&self.urls)?.remove(name)
    }

    /// Kills the server with this name, which leads a stream, and returns which one it was.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn kill(&self, leader: Option<String>) -> Result<usize> {
        let leader = leader.context("the stream has no leader")?;
        let mut servers = self.servers.borrow_mut();
        let index = servers.position(&leader).context("its leader is none of the servers")?;
        servers.kill(index)?;
        Ok(index)
    }

    /// Starts a server again.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn restart(&self, index: usize) -> Result<()> {
        Ok(self.servers.borrow_mut().restart(index)?)
    }
}

/// Connects to a stream of ours, and makes it if it is not there.
///
/// # Errors
///
/// If that takes too long.
pub fn connect(urls: &[String], name: &str) -> Result<Stream> {
    patiently("a stream", || {
        Ok(StreamOptions::new(name).servers(urls.iter().cloned()).create(true).connect()?)
    })
}

/// Tries something again for as long as the servers may need.
///
/// # Errors
///
/// The last one, if it does not succeed.
pub fn patiently<T>(what: &str, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(100)),
            Err(error) => return Err(error.context(format!("waiting for {what}"))),
        }
    }
}
