//! A write-ahead log: an entry of one chunk for each frame.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use okaywal::{Configuration, Entry, EntryId, LogManager, SegmentReader, WriteAheadLog};

use super::super::engine::{Engine, Remark, Scenario};
use super::super::frame::Frame;
use super::{split_first, with_first};

/// A log that is never checkpointed, because that removes entries.
#[derive(Debug)]
pub struct OkayWal {
    log: WriteAheadLog,
    recovered: Recovered,
}

/// The entries that were there when it was opened: it gives them only then.
#[derive(Clone, Debug, Default)]
struct Recovered(Arc<Mutex<Vec<Vec<u8>>>>);

impl LogManager for Recovered {
    fn recover(&mut self, entry: &mut Entry<'_>) -> std::io::Result<()> {
        // An entry that was not finished is none.
        if let Some(chunks) = entry.read_all_chunks()? {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(chunks.concat());
        }
        Ok(())
    }

    fn checkpoint_to(
        &mut self,
        _: EntryId,
        _: &mut SegmentReader,
        _: &WriteAheadLog,
    ) -> std::io::Result<()> {
        Ok(())
    }
}

impl Engine for OkayWal {
    const NAME: &'static str = "okaywal";

    fn remark(scenario: Scenario) -> Remark {
        match scenario {
            Scenario::Unsynced => Remark::Absent("each commit syncs"),
            Scenario::Reopening => Remark::Note("opening reads all frames into memory"),
            _ => Remark::None,
        }
    }

    fn create(dir: &Path) -> Result<Self> {
        Self::reopen(dir)
    }

    fn reopen(dir: &Path) -> Result<Self> {
        let recovered = Recovered::default();
        let log = Configuration::default_for(dir)
            .checkpoint_after_bytes(u64::MAX)
            .open(recovered.clone())?;
        Ok(Self { log, recovered })
    }

    fn append(&mut self, frame: &Frame, _sync: bool) -> Result<()> {
        let mut entry = self.log.begin_entry()?;
        entry.write_chunk(&with_first(frame.first(), frame.bytes()))?;
        entry.commit()?;
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        let recovered = self.recovered.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in &*recovered {
            let (first, bytes) = split_first(entry).context("an entry without its number")?;
            take(first, bytes);
        }
        Ok(())
    }
}
