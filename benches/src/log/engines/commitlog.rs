//! A log in the manner of Kafka's: a message for each frame. Its `flush` calls `File::flush`, which does
//! nothing; only whole pages of its index are synced.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use commitlog::message::{MessageBuf, MessageSet};
use commitlog::{CommitLog as Log, LogOptions, ReadError, ReadLimit};

use super::super::engine::{Engine, Remark, Scenario};
use super::super::frame::Frame;

/// How many bytes are read at once, at least a message.
const STRIDE: usize = 1 << 20;

/// A log in one segment.
pub struct CommitLog {
    log: Log,
    buffer: MessageBuf,
}

impl CommitLog {
    /// Reads some messages. One that is damaged takes all with it that are read at once: fewer and fewer then.
    fn read(&self, offset: u64) -> Result<MessageBuf, ReadError> {
        let read = |bytes| self.log.read(offset, ReadLimit::max_bytes(bytes));
        read(STRIDE).or_else(|error| {
            let fewer = (1..8).map(|halvings| STRIDE >> halvings);
            fewer.map(read).find_map(Result::ok).ok_or(error)
        })
    }
}

impl fmt::Debug for CommitLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitLog").finish_non_exhaustive()
    }
}

impl Engine for CommitLog {
    const NAME: &'static str = "commitlog";

    fn remark(scenario: Scenario) -> Remark {
        match scenario {
            Scenario::Synced => Remark::Absent("never syncs its data"),
            Scenario::Segment => Remark::Note("without a sync: it has none"),
            _ => Remark::None,
        }
    }

    fn create(dir: &Path) -> Result<Self> {
        Self::reopen(dir)
    }

    fn reopen(dir: &Path) -> Result<Self> {
        let mut options = LogOptions::new(dir);
        options.message_max_bytes(STRIDE);
        Ok(Self { log: Log::new(options)?, buffer: MessageBuf::default() })
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        self.buffer.clear();
        self.buffer
            .push_with_metadata(frame.first().to_le_bytes(), frame.bytes())
            .ok()
            .context("the frame is too long")?;
        self.log.append(&mut self.buffer)?;
        if sync {
            self.log.flush()?;
        }
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        let mut offset = 0;
        loop {
            let messages = self.read(offset)?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in messages.iter() {
                let first =
                    message.metadata().try_into().context("a message without its number")?;
                take(u64::from_le_bytes(first), message.payload());
                offset = message.offset() + 1;
            }
        }
    }
}
