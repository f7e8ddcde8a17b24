//! Sleeps at every record.

use std::thread;
use std::time::Duration;

use super::Job;
use crate::record::Record;

/// Sleeps at every record, like a consumer that waits for a disk or a network.
#[derive(Debug)]
pub(super) struct Slow {
    nap: Duration,
}

impl Slow {
    pub(super) fn new(nap: Duration) -> Self {
        Self { nap }
    }
}

impl Job for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn take(&mut self, _record: &Record) -> anyhow::Result<()> {
        thread::sleep(self.nap);
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<String> {
        Ok(format!("slept {:?} or a little more at each record", self.nap))
    }
}
