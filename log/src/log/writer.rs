//! The log as its one writer has it.

use core::fmt;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broadring::Sequence;

use super::options::{Durability, LogOptions};
use super::part::Part;
use super::recovery::Recovery;
use super::sealed::Sealed;
use crate::bookkeeping::{Manifest, PROGRESS, Progress, Shared, now};
use crate::codec::{Codec, CodecId, EncodeError, SchemaId};
use crate::error::{AppendError, FileError, OpenError};
use crate::format::{Described, LogId};
use crate::framing::append_record;
use crate::reading::LogReader;
use crate::stats::{Counters, LogStats};
use crate::storage::{Storage, StoredFile};
use crate::trace;

/// A log that is open for writing, by this process alone.
///
/// Events are [pushed](Self::push) one after the other, and a batch of them is [ended](Self::end_batch): then it
/// is written down, and synced as the [durability](Durability) says. A [`Journal`](crate::Journal) does that with
/// the events of a ring. [Readers](Self::reader) see what is [committed](Self::committed).
///
/// Dropping the log ends it: what was pushed is written and synced, and readers find its end. To learn of an
/// error then, [`close`](Self::close) it.
///
/// # Examples
///
/// ```
/// use broadring_log::Log;
/// use broadring_log::codec::Postcard;
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path().join("orders");
/// let codec = Postcard::<(u64, String)>::new(1);
/// let mut log = Log::open(&directory)?;
/// for number in 0..3 {
///     log.push(&codec, &(number, format!("order {number}")))?;
/// }
/// log.end_batch()?; // one frame, and one sync
/// log.close()?;
///
/// let log = Log::open(&directory)?;
/// assert_eq!(log.next_sequence(), 3.into());
/// let mut events = log.reader().from(1)?;
/// let batch = events.next_frame()?.expect("two more events");
/// assert_eq!(batch.decode(&codec).collect::<Result<Vec<_>, _>>()?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Log {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) options: LogOptions,
    pub(super) manifest: Manifest,
    pub(super) recovery: Recovery,
    /// The sequence of the next event that is pushed.
    pub(super) next: u64,
    /// The segments that are full and on the disk, in order.
    pub(super) sealed: Vec<Sealed>,
    /// The segments that are not kept, and whose files are still there.
    pub(super) unwanted: Vec<u64>,
    /// The segments that are being written: never empty, and all but the last are sealed.
    pub(super) parts: VecDeque<Part>,
    /// The frame that is being made.
    pub(super) frame: Option<OpenFrame>,
    pub(super) reached: Progress,
    /// What other processes were told of it.
    pub(super) noted: Option<Progress>,
    pub(super) last_stamp: u64,
    /// Since when the oldest event waits to be synced.
    pub(super) unsynced_since: Option<Instant>,
    pub(super) shared: Arc<Shared>,
    pub(super) progress: Box<dyn StoredFile>,
    pub(super) stats: Arc<Counters>,
    pub(super) _lock: Box<dyn fmt::Debug + Send + Sync>,
}

/// A frame that is being made.
#[derive(Debug)]
pub(super) struct OpenFrame {
    /// Where its header is in the memory of the segment.
    at: usize,
    /// How long the segment was when it was begun.
    begun_at: u64,
    described: Described,
}

impl OpenFrame {
    /// Whether one more event of this kind goes into the frame, when the segment has so many bytes.
    fn takes(
        &self,
        codec: CodecId,
        schema: SchemaId,
        record_size: usize,
        size: u64,
        options: &LogOptions,
    ) -> bool {
        let described = &self.described;
        (described.codec, described.schema, described.record_size)
            == (codec, schema, record_size as u32)
            && size - self.begun_at < options.frame_bytes as u64
    }
}

impl Log {
    /// Opens the log in a directory with the usual [options](LogOptions): it is made if it is not there, and every
    /// batch is synced.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: locked by another process, not a log, damaged, or refused by the file system.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::options().open(directory)
    }

    /// Returns the usual options, to be changed.
    pub fn options() -> LogOptions {
        LogOptions::default()
    }

    /// What was found when the log was opened.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The identity of the log.
    pub fn id(&self) -> LogId {
        self.manifest.log
    }

    /// The sequence of the next event that is pushed. A ring that goes on with the stream
    /// [begins](broadring::RingBuilder::first_sequence) with it.
    pub fn next_sequence(&self) -> Sequence {
        self.next.into()
    }

    /// The sequence before which everything is as durable as the [policy](Durability) promises, and which readers
    /// read up to.
    pub fn committed(&self) -> Sequence {
        self.reached.committed.into()
    }

    /// The sequence before which everything is on the disk, whatever the policy.
    pub fn durable(&self) -> Sequence {
        self.reached.synced.into()
    }

    /// Returns a reader of the log.
    pub fn reader(&self) -> LogReader {
        LogReader::beside(Arc::clone(&self.storage), self.manifest, Arc::clone(&self.shared))
    }

    /// Returns the counters of the log.
    pub fn stats(&self) -> LogStats {
        self.stats.snapshot(self.shared.progress())
    }

    pub(crate) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.stats)
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// When what was appended has to be on the disk.
    pub fn durability(&self) -> Durability {
        self.options.durability
    }

    /// How many bytes were pushed, and not yet written to the file.
    pub fn pending_bytes(&self) -> usize {
        self.parts.iter().map(Part::unwritten).sum()
    }

    /// How many bytes are in memory because they are not on the disk.
    pub fn unsynced_bytes(&self) -> usize {
        self.parts.iter().map(Part::unsynced).sum()
    }

    /// Appends an event. It is in memory only until the [end of the batch](Self::end_batch), and no reader sees it.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; the log is then as it was before.
    pub fn push<C: Codec + ?Sized>(
        &mut self,
        codec: &C,
        event: &C::Event,
    ) -> Result<Sequence, AppendError> {
        let record_size = codec.record_size().unwrap_or(0);
        self.append(codec.id(), codec.schema(), record_size, |bytes| codec.encode(event, bytes))
    }

    /// Appends an event that is encoded already: what a codec with this number has made of it.
    ///
    /// # Errors
    ///
    /// [`AppendError::TooLarge`]; the log is then as it was before.
    pub fn push_record(
        &mut self,
        codec: CodecId,
        schema: SchemaId,
        record: &[u8],
    ) -> Result<Sequence, AppendError> {
        self.append(codec, schema, 0, |bytes| {
            bytes.extend_from_slice(record);
            Ok(())
        })
    }

    /// Sets the epoch of the frames from now on: the stream has another writer, of which this log keeps a copy.
    pub fn set_epoch(&mut self, epoch: u64) {
        if self.options.epoch != epoch {
            self.end_frame();
            self.options.epoch = epoch;
        }
    }

    fn append(
        &mut self,
        codec: CodecId,
        schema: SchemaId,
        record_size: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Sequence, AppendError> {
        let sequence = self.next_sequence();
        let size = self.last_part().size();
        if !self
            .frame
            .as_ref()
            .is_some_and(|frame| frame.takes(codec, schema, record_size, size, &self.options))
        {
            self.end_frame();
            self.frame = Some(self.begin_frame(codec, schema, record_size));
        }
        append_record(self.last_part().bytes(), record_size, sequence, encode)?;
        let frame = self.frame.as_mut().expect("a frame was begun");
        frame.described.count += 1;
        self.next += 1;
        if self.unsynced_since.is_none() {
            self.unsynced_since = Some(Instant::now());
        }
        Ok(sequence)
    }

    fn last_part(&mut self) -> &mut Part {
        self.parts.back_mut().expect("there is always a segment to append to")
    }

    /// Begins a frame, in a new segment if this one is full.
    fn begin_frame(&mut self, codec: CodecId, schema: SchemaId, record_size: usize) -> OpenFrame {
        let (next, synced, last_stamp) = (self.next, self.reached.synced, self.last_stamp);
        let full = self.options.segment_bytes;
        let part = self.last_part();
        if part.size() >= full && part.first < next {
            part.seal(next, synced, last_stamp);
            self.parts.push_back(Part::new(self.manifest.log, next));
        }
        let part = self.last_part();
        let begun_at = part.size();
        let at = part.begin_frame();
        OpenFrame {
            at,
            begun_at,
            described: Described {
                first: next,
                count: 0,
                record_size: record_size as u32,
                stamp: 0,
                epoch: self.options.epoch,
                synced,
                codec,
                schema,
            },
        }
    }

    /// Ends the frame that is being made.
    fn end_frame(&mut self) {
        let Some(OpenFrame { at, mut described, .. }) = self.frame.take() else {
            return;
        };
        if described.count == 0 {
            return self.last_part().abandon_frame(at);
        }
        // Stamps do not go back, whatever the clock does: times are looked for by bisection.
        self.last_stamp = self.last_stamp.max(now());
        described.stamp = self.last_stamp;
        described.synced = self.reached.synced;
        let bytes = self.last_part().end_frame(at, described);
        self.stats.add_frame(described.count.into(), bytes as u64);
    }

    /// Ends a batch: writes it down, and syncs it if the [durability](Durability) asks for that now. Returns what
    /// is [committed](Self::committed) then.
    ///
    /// # Errors
    ///
    /// [`FileError`], for instance when the disk is [full](FileError::is_full). Nothing is lost: what was pushed
    /// stays in memory, and is written again by the next call. What is committed is as durable as the policy says.
    pub fn end_batch(&mut self) -> Result<Sequence, FileError> {
        self.end_frame();
        let waiting = self.next - self.reached.synced;
        let waited =
            |within: Duration| self.unsynced_since.is_some_and(|since| since.elapsed() >= within);
        let sync = match self.options.durability {
            Durability::EveryBatch => true,
            Durability::Every { events, within } => waiting >= events || waited(within),
            Durability::Interval(within) => waited(within),
            Durability::System => false,
        };
        self.flush(sync)?;
        Ok(self.committed())
    }

    /// Until when [`end_batch`](Self::end_batch) has to be called again, although nothing was pushed, so that what
    /// was pushed before is synced in time.
    pub fn sync_due(&self) -> Option<Instant> {
        match self.options.durability {
            Durability::Every { within, .. } | Durability::Interval(within) => {
                self.unsynced_since?.checked_add(within)
            }
            Durability::EveryBatch | Durability::System => None,
        }
    }

    /// Writes down and syncs everything that was pushed.
    ///
    /// # Errors
    ///
    /// As [`end_batch`](Self::end_batch).
    pub fn sync(&mut self) -> Result<Sequence, FileError> {
        self.end_frame();
        self.flush(true)?;
        Ok(self.committed())
    }

    fn flush(&mut self, sync: bool) -> Result<(), FileError> {
        let flushed = self.flush_parts(sync);
        let mut reached = self.reached;
        if flushed.is_ok() && sync {
            reached.synced = self.next;
            self.unsynced_since = None;
        }
        reached.committed = match self.options.durability {
            Durability::System if flushed.is_ok() => self.next,
            // Also what was synced only because a segment was full.
            _ => reached.committed.max(reached.synced),
        };
        self.reached = reached;
        let noted = self.note_progress();
        if flushed.is_err() || noted.is_err() {
            self.stats.add_failure();
        }
        flushed.and(noted)
    }

    fn flush_parts(&mut self, sync: bool) -> Result<(), FileError> {
        loop {
            let part = self.parts.front_mut().expect("there is always a segment to append to");
            if part.is_empty() {
                return Ok(());
            }
            if !part.has_file() {
                part.create(&*self.storage, now())?;
            }
            let first = part.first;
            if self.manifest.newest != Some(first) {
                let manifest = Manifest { newest: Some(first), ..self.manifest };
                manifest.write(&*self.storage)?;
                self.manifest = manifest;
            }
            let part = self.parts.front_mut().expect("there is always a segment to append to");
            part.write()?;
            if sync || part.is_sealed() {
                let before = Instant::now();
                part.sync()?;
                self.stats.add_sync(before.elapsed());
            } else if self.options.durability == Durability::System {
                part.forget_written();
            }
            let Some(sealed) = part.sealed_as() else {
                return Ok(());
            };
            self.parts.pop_front();
            self.reached.synced = self.reached.synced.max(sealed.end);
            self.sealed.push(sealed);
            // A segment that cannot be removed now is tried again when the next one is full.
            trace::sealed(sealed.first, sealed.end, sealed.bytes);
            let failure = self.retain().err().map(|error| error.to_string());
            if let Some(failure) = &failure {
                trace::not_removed(failure);
            }
            self.stats.note_retention(failure);
        }
    }

    /// Tells everybody how far the log has come, unless they know.
    pub(super) fn note_progress(&mut self) -> Result<(), FileError> {
        if self.noted == Some(self.reached) {
            return Ok(());
        }
        self.shared.advance(self.reached);
        let bytes = self.reached.to_bytes(self.manifest.log.seed());
        self.progress
            .write_all_at(&bytes, 0)
            .map_err(|error| FileError::new("write", self.storage.describe(PROGRESS), error))?;
        self.noted = Some(self.reached);
        Ok(())
    }

    /// Writes down and syncs everything, whatever the durability, and ends the log: readers in this process find
    /// its end.
    ///
    /// # Errors
    ///
    /// As [`end_batch`](Self::end_batch); what was not written is then lost.
    pub fn close(mut self) -> Result<Sequence, FileError> {
        let closed = self.sync();
        self.shared.close();
        closed
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if self.frame.is_some() || self.reached.synced < self.next {
            // Whoever wants to know has called `close`.
            let _ = self.sync();
        }
        self.shared.close();
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("directory", &self.storage.describe("."))
            .field("next", &self.next)
            .field("reached", &self.reached)
            .finish_non_exhaustive()
    }
}
