//! The writer says now and then that it is there. It is not stored, and nothing but the patience of candidates
//! depends on it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::cluster::Shared;

/// How often the writer says that it is there.
pub(super) const INTERVAL: Duration = Duration::from_millis(200);

/// What the writer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beat {
    pub(super) epoch: u64,
    /// Whether it has given the stream back.
    pub(super) over: bool,
}

impl Beat {
    pub(super) fn encode(self) -> Vec<u8> {
        format!("{} {}", self.epoch, if self.over { "over" } else { "here" }).into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (epoch, rest) = core::str::from_utf8(bytes).ok()?.split_once(' ')?;
        Some(Self { epoch: epoch.parse().ok()?, over: rest == "over" })
    }
}

/// Says that the writer is there, until it is dropped.
#[derive(Debug)]
pub(super) struct Pulse(JoinHandle<()>);

impl Pulse {
    pub(super) fn start(shared: &Arc<Shared>, epoch: u64) -> Self {
        let (client, subject) = (shared.client.clone(), shared.options.pulse());
        Self(shared.spawn(async move {
            let beat = Beat { epoch, over: false }.encode();
            let mut ticks = tokio::time::interval(INTERVAL);
            loop {
                ticks.tick().await;
                // One that does not arrive is as good as none.
                let _ = client.publish(subject.clone(), beat.clone().into()).await;
            }
        }))
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.0.abort();
    }
}
