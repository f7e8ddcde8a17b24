//! Hashes the stream.

use sha2::{Digest, Sha256};

use super::Job;
use crate::record::Record;

/// Hashes the bytes of the input as they are: the result is what `sha256sum` says.
#[derive(Debug, Default)]
pub(super) struct Hash(Sha256);

impl Job for Hash {
    fn name(&self) -> &'static str {
        "sha-256"
    }

    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        self.0.update(&record.bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<String> {
        Ok(self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
