//! A log-structured merge tree: a key for each frame, made durable by its journal.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::super::engine::Engine;
use super::super::frame::Frame;

/// A keyspace from the number of the first record to the frame.
pub struct Fjall {
    database: Database,
    frames: Keyspace,
}

impl fmt::Debug for Fjall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fjall").finish_non_exhaustive()
    }
}

impl Engine for Fjall {
    const NAME: &'static str = "fjall";

    fn create(dir: &Path) -> Result<Self> {
        Self::reopen(dir)
    }

    fn reopen(dir: &Path) -> Result<Self> {
        let database = Database::builder(dir).open()?;
        let frames = database.keyspace("frames", KeyspaceCreateOptions::default)?;
        Ok(Self { database, frames })
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        // Big-endian, so that the order of the keys is that of the numbers.
        self.frames.insert(frame.first().to_be_bytes(), frame.bytes())?;
        if sync {
            self.database.persist(PersistMode::SyncData)?;
        }
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        for entry in self.frames.iter() {
            let (key, frame) = entry.into_inner()?;
            let key = (*key).try_into().context("a key that is no number")?;
            take(u64::from_be_bytes(key), &frame);
        }
        Ok(())
    }
}
