//! Three servers, links to them, and a look at how they are doing.

use std::time::Duration;

use broadring_jetstream::servers::{Servers, find_program};
use broadring_jetstream::{Stream, StreamOptions};

use crate::link::Link;
use crate::watch::wait_until;

/// How long anything may take before it counts as hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The name of the stream.
pub(crate) const NAME: &str = "faults";

/// How long an answer is waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// Says whether there is a server to test with. There has to be one where all tests must run.
pub(crate) fn is_possible(test: &str) -> bool {
    if find_program().is_some() {
        return true;
    }
    let advice = "there is no nats-server: NATS_SERVER=$(.ci/nats-server) gets one";
    assert!(std::env::var_os("CI").is_none(), "{advice}");
    eprintln!("skipped: {test}: {advice}");
    false
}

/// Three servers.
pub(crate) struct Cluster {
    pub(crate) servers: Servers,
    /// A link to each of them.
    pub(crate) links: Vec<Link>,
    /// Somebody who asks, and reaches them without these links.
    control: Stream,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        // Clients are told of no way round the links.
        let servers = Servers::builder(3).advertise(false).start().unwrap();
        let links = (0..3).map(|index| Link::new(servers.port(index))).collect();
        let control = connect(&servers.urls());
        let cluster = Self { servers, links, control };
        cluster.wait_whole();
        cluster
    }

    /// A stream that is reached over the links.
    pub(crate) fn linked(&self) -> Stream {
        connect(&self.links.iter().map(Link::url).collect::<Vec<_>>())
    }

    /// A stream that is reached without them.
    pub(crate) fn direct(&self) -> Stream {
        connect(&self.servers.urls())
    }

    /// Waits until there is a leader, and returns which server it is.
    pub(crate) fn leader(&self) -> usize {
        let mut leader = None;
        let found = wait_until(PATIENCE, || {
            let status = self.control.status().ok();
            leader = status
                .and_then(|status| status.leader)
                .and_then(|leader| self.servers.position(&leader));
            leader.is_some()
        });
        assert!(found, "the stream has had no leader for {PATIENCE:?}");
        leader.expect("it was found")
    }

    /// Waits until all three servers have everything.
    pub(crate) fn wait_whole(&self) {
        let mut last = None;
        let whole = wait_until(PATIENCE, || {
            let status = self.control.status();
            let whole = status.as_ref().is_ok_and(|status| {
                let replicas = &status.replicas;
                let whole = replicas.iter().all(|replica| replica.current && !replica.offline);
                status.leader.is_some() && replicas.len() == 2 && whole
            });
            last = Some(status);
            whole
        });
        assert!(whole, "the servers have not caught up after {PATIENCE:?}: {last:?}");
    }
}

/// Connects, when the servers have agreed on who makes streams.
fn connect(urls: &[String]) -> Stream {
    let mut stream = None;
    let mut reason = None;
    let connected = wait_until(PATIENCE, || {
        let options = StreamOptions::new(NAME).servers(urls).timeout(TIMEOUT).create(true);
        match options.connect() {
            Ok(connected) => stream = Some(connected),
            Err(error) => reason = Some(error),
        }
        stream.is_some()
    });
    assert!(connected, "cannot connect: {reason:?}");
    stream.expect("it is connected")
}
