//! The thread that reads an embedded stream.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{TryClaimError, Writer};
use broadring_log::codec::Codec;
use broadring_log::{LogReader, ReadError};

use super::events;
use super::failure::{MirrorEnd, MirrorError};
use super::status::Status;
use crate::embedded::Embedded;

/// How long the log is waited for before it is asked whether to stop.
const LOOK: Duration = Duration::from_millis(20);

/// The thread that reads an embedded stream.
pub(super) struct Following<T, C> {
    pub(super) embedded: Embedded,
    pub(super) codec: C,
    pub(super) writer: Writer<T>,
    pub(super) until_resigned: bool,
    pub(super) status: Arc<Status>,
}

impl<T, C> Following<T, C>
where
    T: Send + Sync + 'static,
    C: Codec<Event = T> + Send + 'static,
{
    pub(super) fn spawn(self, name: String) {
        let status = Arc::clone(&self.status);
        let follow = move || {
            let status = Arc::clone(&self.status);
            // Whatever the codec does, whoever waits for the end must learn of it.
            let end = catch_unwind(AssertUnwindSafe(|| self.follow()));
            status.end(end.unwrap_or(Err(MirrorError::Panicked)));
        };
        if thread::Builder::new().name(name).spawn(follow).is_err() {
            status.end(Err(MirrorError::Panicked));
        }
    }

    fn follow(mut self) -> Result<MirrorEnd, MirrorError> {
        let log = loop {
            match self.embedded.reader()? {
                Some(log) => break log,
                None if self.status.is_to_stop() => return Ok(MirrorEnd::Stopped),
                None => thread::sleep(LOOK),
            }
        };
        let id = log.id();
        let mut next: u64 = self.writer.cursor().into();
        let mut frames = self.begin(&log, next)?;
        let mut events = Vec::new();
        while !self.status.is_to_stop() {
            let written = frames.reader().is_written();
            let found = match frames.wait_frame_timeout(LOOK) {
                // A process has begun to write what was to be read to its end, and was in the middle of it.
                Err(ReadError::Damaged(_)) if !written && self.is_written()? => None,
                Err(error) => return Err(failed(error)),
                Ok(Some(frame)) => {
                    events::decode(&frame, &self.codec, next, &mut events)?;
                    Status::set(&self.status.epoch, frame.epoch());
                    Some((frame.end_sequence().into(), frame.size()))
                }
                Ok(None) => None,
            };
            match found {
                Some((end, bytes)) => {
                    if !self.publish(&mut events)? {
                        break;
                    }
                    next = end;
                    Status::add(&self.status.frames, 1);
                    Status::add(&self.status.bytes, bytes as u64);
                }
                None => {
                    // A reader that was opened while nobody wrote does not learn of those who do.
                    let Some(log) = self.embedded.reader()? else {
                        thread::sleep(LOOK);
                        continue;
                    };
                    if log.id() != id {
                        return Err(MirrorError::OtherStream { expected: id, found: log.id() });
                    }
                    let written = log.is_written();
                    if written != frames.reader().is_written() {
                        frames = self.begin(&log, next)?;
                    } else if !written {
                        // All that was written was read. A stream without events has not begun.
                        let begun = next > log.oldest().map_err(failed)?.into();
                        if self.until_resigned && begun {
                            return Ok(MirrorEnd::Resigned);
                        }
                        thread::sleep(LOOK);
                    }
                }
            }
        }
        Ok(MirrorEnd::Stopped)
    }

    /// Publishes events. Returns whether all are: not if it is to stop.
    fn publish(&mut self, events: &mut Vec<T>) -> Result<bool, MirrorError> {
        let mut left = events.drain(..);
        while left.len() > 0 {
            if self.status.is_to_stop() {
                return Ok(false);
            }
            // A frame may have more events than the ring has places.
            let most = left.len().min(self.writer.capacity());
            if let Ok(mut claim) = self.writer.claim_up_to_timeout(most, LOOK) {
                claim.iter_mut().zip(&mut left).for_each(|(slot, event)| *slot = event);
                let end = claim.publish().end;
                Status::set(&self.status.next, end.into());
            } else if let Err(TryClaimError::EditorLeft(editor)) = self.writer.try_claim(1) {
                return Err(MirrorError::EditorLeft(editor));
            }
        }
        Ok(true)
    }

    /// Whether a process writes the log now.
    fn is_written(&self) -> Result<bool, MirrorError> {
        Ok(self.embedded.reader()?.is_some_and(|log| log.is_written()))
    }

    fn begin(&self, log: &LogReader, next: u64) -> Result<broadring_log::Frames, MirrorError> {
        let end = log.committed().map_err(|error| failed(ReadError::File(error)))?;
        if let Some(end) = end
            && next > end.into()
        {
            return Err(MirrorError::Ahead { requested: next.into(), next: end });
        }
        log.from(next).map_err(|error| match error {
            ReadError::Removed { requested, oldest } => MirrorError::Removed { requested, oldest },
            error => failed(error),
        })
    }
}

fn failed(error: ReadError) -> MirrorError {
    MirrorError::Decode(Arc::new(error))
}
