//! The log of TiKV, with its index in memory: an entry for each frame.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use protobuf::well_known_types::BytesValue;
use raft_engine::{Config, Engine as Log, LogBatch, MessageExt, ReadableSize};

use super::super::engine::Engine;
use super::super::frame::Frame;
use super::{split_first, with_first};

/// All frames are in one of the many logs that it can keep.
const REGION: u64 = 1;

/// How many entries are read at once.
const STRIDE: u64 = 256;

/// The log of one region.
pub struct RaftEngine {
    log: Log,
    next: u64,
    batch: LogBatch,
}

impl fmt::Debug for RaftEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaftEngine").field("next", &self.next).finish_non_exhaustive()
    }
}

/// An entry: its index, which the engine asks for, and the frame.
#[derive(Debug)]
struct Entries;

impl MessageExt for Entries {
    type Entry = BytesValue;

    /// The index stands in front of the frame, because the engine has no other place for it.
    fn index(entry: &BytesValue) -> u64 {
        split_first(entry.get_value()).map_or(0, |(index, _)| index)
    }
}

impl Engine for RaftEngine {
    const NAME: &'static str = "raft-engine";

    fn create(dir: &Path) -> Result<Self> {
        Self::reopen(dir)
    }

    fn reopen(dir: &Path) -> Result<Self> {
        let dir = dir.to_str().context("its directories must be UTF-8")?.to_owned();
        // Nothing here can be compressed.
        let batch_compression_threshold = ReadableSize(0);
        let log = Log::open(Config { dir, batch_compression_threshold, ..Config::default() })?;
        let next = log.last_index(REGION).map_or(1, |last| last + 1);
        Ok(Self { log, next, batch: LogBatch::default() })
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        let mut entry = BytesValue::new();
        entry.set_value(with_first(self.next, &with_first(frame.first(), frame.bytes())));
        self.batch.add_entries::<Entries>(REGION, &[entry])?;
        self.log.write(&mut self.batch, sync)?;
        self.next += 1;
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        let Some(mut from) = self.log.first_index(REGION) else { return Ok(()) };
        let mut entries = Vec::new();
        while from < self.next {
            let to = self.next.min(from + STRIDE);
            let result = self.log.fetch_entries_to::<Entries>(REGION, from, to, None, &mut entries);
            for entry in entries.drain(..) {
                let value = entry.get_value();
                let (_, value) = split_first(value).context("an entry without its index")?;
                let (first, bytes) = split_first(value).context("an entry without its number")?;
                take(first, bytes);
            }
            result?;
            from = to;
        }
        Ok(())
    }
}
