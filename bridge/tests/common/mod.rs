//! What the tests share that need servers.

// Every test takes only some of it.
#![allow(dead_code)]

pub(crate) mod raw;
pub(crate) mod rings;

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use broadring_jetstream::servers::{Servers, ServersBuilder, find_program};
use broadring_jetstream::{ConnectError, Stream, StreamOptions};

/// How long something may take that takes a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Starts so many servers. None if there is no program; then the test has nothing to do.
///
/// # Panics
///
/// If there is no program although the tests are to be complete: the variable `CI` is set.
pub(crate) fn servers(count: usize) -> Option<Servers> {
    servers_with(Servers::builder(count))
}

/// Starts servers that are described.
///
/// # Panics
///
/// As [`servers`].
pub(crate) fn servers_with(builder: ServersBuilder) -> Option<Servers> {
    if find_program().is_none() {
        let missing = "no nats-server: it is neither on the path nor named by NATS_SERVER";
        assert!(env::var_os("CI").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        return None;
    }
    Some(builder.start().expect("servers start"))
}

/// A stream that is made at these servers, with a copy at each.
pub(crate) fn options(servers: &Servers, name: &str) -> StreamOptions {
    StreamOptions::new(name).servers(servers.urls()).replicas(servers.len()).create(true)
}

/// Connects, as soon as the servers have found a leader.
///
/// # Panics
///
/// If that takes too long, or nothing can come of it.
pub(crate) fn connect(options: &StreamOptions) -> Stream {
    let until = Instant::now() + PATIENCE;
    loop {
        match options.clone().connect() {
            Ok(stream) => return stream,
            Err(ConnectError::Connect { .. } | ConnectError::Create { .. })
                if Instant::now() < until => {}
            Err(error) => panic!("{error}"),
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until something is so.
///
/// # Panics
///
/// If that takes too long.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
