//! Our own log: segments of frames with checksums.

use std::path::Path;

use anyhow::Result;
use broadring_log::codec::{CodecId, SchemaId};
use broadring_log::{Durability, Log, LogReader};

use super::super::engine::Engine;
use super::super::frame::Frame;

/// A log that is written, or was.
#[derive(Debug)]
pub struct BroadringLog {
    log: Log,
}

impl BroadringLog {
    fn open(dir: &Path, create: bool) -> Result<Self> {
        // What is synced is said with each frame.
        Ok(Self { log: Log::options().durability(Durability::System).create(create).open(dir)? })
    }
}

impl Engine for BroadringLog {
    const NAME: &'static str = "broadring-log";

    fn create(dir: &Path) -> Result<Self> {
        Self::open(dir, true)
    }

    fn reopen(dir: &Path) -> Result<Self> {
        Self::open(dir, false)
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        for record in frame.records() {
            self.log.push_record(CodecId::BYTES, SchemaId::default(), record)?;
        }
        if sync {
            self.log.sync()?
        } else {
            self.log.end_batch()?
        };
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&self.log.reader(), take)
    }

    fn read_beside(dir: &Path, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&LogReader::open(dir)?, take)
    }
}

/// Reads all frames, each with its records one after the other.
fn read(reader: &LogReader, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
    let mut frames = reader.from(reader.oldest()?)?;
    let mut bytes = Vec::new();
    while let Some(frame) = frames.next_frame()? {
        bytes.clear();
        for (_, record) in frame.records() {
            bytes.extend_from_slice(record);
        }
        take(frame.first_sequence().into(), &bytes);
    }
    Ok(())
}
