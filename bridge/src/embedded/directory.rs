//! The log that an embedded stream is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use broadring_log::{Log, LogId, LogReader, OpenError, ReadError};

use crate::cluster::{RequestError, StreamStatus};

/// The log that an embedded stream is. Whoever writes it has its lock, so there is no other fence.
#[derive(Clone, Debug)]
pub(crate) struct Embedded {
    directory: PathBuf,
}

impl From<ReadError> for RequestError {
    fn from(error: ReadError) -> Self {
        Self::Log(Arc::new(error))
    }
}

impl Embedded {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    pub(crate) fn name(&self) -> String {
        self.directory.display().to_string()
    }

    /// Opens the log to read it: nothing if there is none yet.
    pub(crate) fn reader(&self) -> Result<Option<LogReader>, RequestError> {
        match LogReader::open(&self.directory) {
            Ok(reader) => Ok(Some(reader)),
            Err(OpenError::NoDirectory(_)) => Ok(None),
            Err(OpenError::NotALog(_)) if self.is_being_made() => Ok(None),
            Err(error) => Err(ReadError::from(error).into()),
        }
    }

    /// Whether the directory has nothing but what is there before a log is one.
    fn is_being_made(&self) -> bool {
        let expected = ["lock", "manifest.new", "manifest"];
        self.directory.read_dir().is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|entry| expected.iter().any(|name| entry.file_name() == *name))
            })
        })
    }

    /// Opens the log to write it, with the next epoch.
    pub(crate) fn open(&self, first: u64, id: Option<LogId>) -> Result<(Log, u64), OpenError> {
        // The lock comes first: only then does the last epoch stay what it is.
        let options = Log::options().first_sequence(first);
        let options = id.into_iter().fold(options, |options, id| options.id(id));
        let mut log = options.open(&self.directory)?;
        let epoch = last_epoch(&log.reader()).map_err(|error| match error {
            ReadError::Damaged(damage) => OpenError::Damaged(damage),
            ReadError::File(error) => OpenError::File(error),
            // Nothing else can happen to a log that this process has just opened.
            _ => OpenError::NotALog(self.name()),
        })?;
        log.set_epoch(epoch + 1);
        Ok((log, epoch + 1))
    }

    pub(crate) fn status(&self) -> Result<StreamStatus, RequestError> {
        let Some(reader) = self.reader()? else {
            return Ok(StreamStatus { name: self.name(), ..StreamStatus::default() });
        };
        let bytes = reader.segments()?.iter().map(|segment| segment.bytes).sum();
        let oldest = reader.oldest()?;
        Ok(StreamStatus {
            name: self.name(),
            id: Some(reader.id().to_string()),
            epoch: last_epoch(&reader)?,
            resigned: !reader.has_writer().map_err(ReadError::File)?,
            oldest: oldest.into(),
            next: reader.end()?.into(),
            bytes,
            ..StreamStatus::default()
        })
    }
}

/// The epoch of the last frame: 0 if there is none.
fn last_epoch(reader: &LogReader) -> Result<u64, ReadError> {
    let end = reader.end()?;
    if end <= reader.oldest()? {
        return Ok(0);
    }
    let mut frames = reader.from(u64::from(end) - 1)?;
    Ok(frames.next_frame()?.map_or(0, |frame| frame.epoch()))
}
