//! What reads a log: in the process that writes it, in another one, or when nobody writes it.

use std::io;
use std::path::Path;
use std::sync::Arc;
#[cfg(feature = "async")]
use std::task::Waker;
use std::time::{Duration, Instant};

use broadring::Sequence;

use crate::bookkeeping::{
    Checkpoint, CheckpointError, CheckpointInfo, Manifest, PROGRESS, Progress, Shared, checkpoints,
    missing_manifest, prepare, remove_checkpoint,
};
use crate::error::{Damage, DamageKind, FileError, OpenError, ReadError};
use crate::format::{Kind, LogId, SEGMENT_HEADER, Seal};
use crate::segment::{self, Segment, SegmentError, Step};
use crate::storage::{Directory, Mode, Storage, read_full};

/// How often a reader in another process looks whether the log has come further.
const LOOK: Duration = Duration::from_millis(2);

/// After how many looks it also looks whether the log is still written.
const LOOKS: u32 = 50;

/// Reads a log. Clone it, send it to other threads, and begin to [read](Self::from) anywhere at any time.
///
/// From [`Log::reader`](crate::Log::reader), or [opened](Self::open) in any process. It locks nothing, changes
/// nothing, and holds nobody back.
///
/// # Examples
///
/// ```
/// use broadring_log::codec::Bytes;
/// use broadring_log::{Log, LogReader};
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let mut log = Log::open(directory)?;
/// for line in ["one", "two", "three"] {
///     log.push(&Bytes, &line.as_bytes().to_vec())?;
/// }
/// log.close()?;
///
/// let reader = LogReader::open(directory)?; // in any process
/// let mut frames = reader.from(reader.oldest()?)?;
/// while let Some(frame) = frames.next_frame()? {
///     for (sequence, line) in frame.records() {
///         println!("{sequence}: {}", String::from_utf8_lossy(line));
///     }
/// }
/// assert_eq!(frames.position(), 3.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LogReader {
    storage: Arc<dyn Storage>,
    log: LogId,
    created: u64,
    source: Source,
}

/// Where a reader learns how far the log has come.
#[derive(Clone, Debug)]
enum Source {
    /// From the writer, which is in the same process.
    Writer(Arc<Shared>),
    /// From a file that the writer keeps.
    File,
    /// Nobody wrote the log when it was opened: everything in it counts.
    Ended,
}

/// A segment as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentInfo {
    /// The file.
    pub file: String,
    /// The events that it has. The end is not known of a segment that is still written.
    pub sequences: (Sequence, Option<Sequence>),
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was begun, in nanoseconds since 1970.
    pub created: u64,
    /// The stamp of its last frame, if it is full.
    pub last_stamp: Option<u64>,
}

impl LogReader {
    /// Opens the log in a directory for reading, whether a process writes it or not.
    ///
    /// Which of the two it is, is looked at now: beside a process that writes, this reads what that has committed,
    /// also after it has ended; otherwise it reads everything that is there. To see a log as it is then, open it
    /// again.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: no such directory, not a log, a newer format, or refused by the file system.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, OpenError> {
        let directory = Directory::new(directory.as_ref());
        prepare(&directory, false)?;
        Self::open_on(Arc::new(directory))
    }

    /// Opens the log on a storage of your own.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_on(storage: Arc<dyn Storage>) -> Result<Self, OpenError> {
        let locked = storage
            .is_locked()
            .map_err(|error| FileError::new("look at", storage.describe("lock"), error))?;
        let Some(manifest) = Manifest::read(&*storage)? else {
            return Err(missing_manifest(&*storage)?);
        };
        let source = if locked { Source::File } else { Source::Ended };
        Ok(Self { storage, log: manifest.log, created: manifest.created, source })
    }

    /// Returns a reader in the process that writes the log.
    pub(crate) fn beside(
        storage: Arc<dyn Storage>,
        manifest: Manifest,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            storage,
            log: manifest.log,
            created: manifest.created,
            source: Source::Writer(shared),
        }
    }

    /// The identity of the log.
    pub fn id(&self) -> LogId {
        self.log
    }

    /// When the log was made, in nanoseconds since 1970.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// Whether a process has the log open for writing, as far as this reader can tell without asking the system.
    pub fn is_written(&self) -> bool {
        match &self.source {
            Source::Writer(shared) => !shared.is_closed(),
            Source::File => true,
            Source::Ended => false,
        }
    }

    /// The oldest event that is kept, or the next one if there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the description of the log cannot be read.
    pub fn oldest(&self) -> Result<Sequence, ReadError> {
        Ok(self.manifest()?.oldest.into())
    }

    fn manifest(&self) -> Result<Manifest, ReadError> {
        match Manifest::read(&*self.storage)? {
            // Another log in the same place is not this one.
            Some(manifest) if manifest.log != self.log => {
                let file = self.storage.describe("manifest");
                let kind = DamageKind::OtherLog { found: manifest.log };
                Err(Damage::new(&file, 0, 0..u64::MAX, kind).into())
            }
            Some(manifest) => Ok(manifest),
            None => Err(missing_manifest(&*self.storage)?.into()),
        }
    }

    /// The sequence before which events can be read. `None` where nobody writes the log, and whatever is in it
    /// can be read.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file that says so cannot be read.
    pub fn committed(&self) -> Result<Option<Sequence>, FileError> {
        Ok(self.limit()?.map(Into::into))
    }

    /// The sequence after the last event that can be read, whether a process writes the log or not. Where none does, it
    /// reads the last segment to find it.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn end(&self) -> Result<Sequence, ReadError> {
        if let Some(committed) = self.committed()? {
            return Ok(committed);
        }
        let Some(last) = self.segments()?.pop() else {
            return self.oldest();
        };
        match last.sequences {
            (_, Some(end)) => Ok(end),
            (first, None) => {
                let mut frames = self.from(first)?;
                while frames.next_frame()?.is_some() {}
                Ok(frames.position())
            }
        }
    }

    /// Asks the system whether a process has the log open for writing.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the system refuses to tell.
    pub fn has_writer(&self) -> Result<bool, FileError> {
        match &self.source {
            Source::Writer(shared) if !shared.is_closed() => Ok(true),
            Source::Writer(_) | Source::File | Source::Ended => self.is_locked(),
        }
    }

    pub(super) fn limit(&self) -> Result<Option<u64>, FileError> {
        match &self.source {
            Source::Writer(shared) => Ok(Some(shared.progress().committed)),
            Source::File => Ok(Some(self.told()?.committed)),
            Source::Ended => Ok(None),
        }
    }

    /// What the writer has written down of how far the log has come.
    fn told(&self) -> Result<Progress, FileError> {
        let read = || -> io::Result<_> {
            let file = self.storage.open(PROGRESS, Mode::Read)?;
            let mut bytes = [0; Progress::SIZE];
            let read = read_full(&*file, &mut bytes, 0)?;
            Ok(Progress::parse(&bytes[..read], self.log.seed()))
        };
        // While it is being written it may be neither the old one nor the new one.
        for _ in 0..100 {
            match read() {
                Ok(Some(progress)) => return Ok(progress),
                Ok(None) if matches!(self.source, Source::Ended) => break,
                Ok(None) => std::thread::yield_now(),
                // Nothing is known then, as after a loss of power, or while the log is being made.
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => {
                    return Err(FileError::new("read", self.storage.describe(PROGRESS), error));
                }
            }
        }
        Ok(Progress::default())
    }

    /// The sequence before which everything is on the disk, as the writer says or has said last.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file that says so cannot be read.
    pub fn durable(&self) -> Result<Sequence, FileError> {
        Ok(match &self.source {
            Source::Writer(shared) => shared.progress().synced,
            Source::File | Source::Ended => self.told()?.synced,
        }
        .into())
    }

    /// Returns the segments, oldest first.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if one of them is damaged, or cannot be read.
    pub fn segments(&self) -> Result<Vec<SegmentInfo>, ReadError> {
        let oldest = u64::from(self.oldest()?);
        let mut infos = Vec::new();
        for first in self.firsts()? {
            if first < oldest {
                continue;
            }
            let segment = match self.open_segment(first) {
                Ok(Some(segment)) => segment,
                Ok(None) => continue,
                // It was removed meanwhile.
                Err(SegmentError::File(error)) if error.kind() == io::ErrorKind::NotFound => {
                    continue;
                }
                Err(error) => return Err(OpenError::from(error).into()),
            };
            let (trailer, bytes) = segment.trailer()?;
            infos.push(SegmentInfo {
                sequences: (first.into(), trailer.map(|trailer| trailer.end.get().into())),
                bytes,
                created: segment.created,
                last_stamp: trailer.map(|trailer| trailer.last_stamp.get()),
                file: segment.path,
            });
        }
        Ok(infos)
    }

    /// Returns the checkpoints of consumers, by name.
    ///
    /// # Errors
    ///
    /// [`FileError`] if they cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<CheckpointInfo>, FileError> {
        checkpoints(&*self.storage, self.log)
    }

    /// Opens the checkpoint of a consumer, which is in the directory of the log. It is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`].
    pub fn checkpoint(&self, name: &str) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::open(&*self.storage, self.log, name)
    }

    /// Removes the checkpoint of a consumer that is not to come back.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`].
    pub fn remove_checkpoint(&self, name: &str) -> Result<(), CheckpointError> {
        remove_checkpoint(&*self.storage, name)
    }

    fn firsts(&self) -> Result<Vec<u64>, FileError> {
        segment::list(&*self.storage)
    }

    /// Opens a segment, unless it is one that is just being begun, or that a process was beginning when it died: before
    /// the description of the log names it, it has no events, and perhaps no header.
    fn open_segment(&self, first: u64) -> Result<Option<Segment>, SegmentError> {
        let open = || Segment::open(&*self.storage, self.log, first, Mode::Read);
        match open() {
            Err(SegmentError::Damaged(damage)) if damage.kind == DamageKind::Header => {
                let newest = Manifest::read(&*self.storage).ok().flatten().map(|it| it.newest);
                let synced = self.told().map_err(SegmentError::File)?.synced;
                if newest.is_some_and(|newest| newest != Some(first)) && synced <= first {
                    return Ok(None);
                }
                // It may have been finished since.
                open().map(Some)
            }
            opened => opened.map(Some),
        }
    }

    /// Opens the segment that has an event, or where it will be, and finds out where in it to begin: at a frame
    /// that is not behind the event.
    pub(super) fn find(&self, sequence: u64) -> Result<Option<(Segment, Place)>, ReadError> {
        // Segments are removed and begun meanwhile.
        loop {
            let oldest = u64::from(self.oldest()?);
            if sequence < oldest {
                return Err(ReadError::Removed {
                    requested: sequence.into(),
                    oldest: oldest.into(),
                });
            }
            let firsts = self.firsts()?;
            let index = firsts.partition_point(|first| *first <= sequence);
            let Some(first) =
                index.checked_sub(1).map(|index| firsts[index]).filter(|first| *first >= oldest)
            else {
                // They were listed after the oldest one was asked for.
                if self.oldest()? == oldest.into() {
                    return Ok(None);
                }
                continue;
            };
            let segment = match self.open_segment(first) {
                Ok(Some(segment)) => segment,
                Ok(None) => return Ok(None),
                // It was removed meanwhile.
                Err(SegmentError::File(error))
                    if error.kind() == io::ErrorKind::NotFound && self.oldest()? > first.into() =>
                {
                    continue;
                }
                Err(error) => return Err(OpenError::from(error).into()),
            };
            let place = self.look_up(&segment, sequence)?;
            return Ok(Some((segment, place)));
        }
    }

    /// Finds a frame at or before an event, with the segment's index if it has one.
    fn look_up(&self, segment: &Segment, sequence: u64) -> Result<Place, FileError> {
        let start = Place { offset: SEGMENT_HEADER as u64, first: segment.first };
        let (Some(trailer), _) = segment.trailer()? else {
            return Ok(start);
        };
        let mut cursor = segment.frames(trailer.offset.get());
        // An index that is not what was written only costs time here: reading the frames finds all that is wrong.
        let Step::Frame(Kind::Seal, _) = cursor.step()? else {
            return Ok(start);
        };
        let Some((_, entries)) = Seal::parse(cursor.payload()) else {
            return Ok(start);
        };
        let index = entries.partition_point(|entry| entry.first.get() <= sequence);
        let Some(entry) = index.checked_sub(1).map(|index| &entries[index]) else {
            return Ok(start);
        };
        let place = Place { offset: entry.offset.get(), first: entry.first.get() };
        if place.offset < start.offset || place.offset >= trailer.offset.get() {
            return Ok(start);
        }
        match segment.frames(place.offset).step()? {
            Step::Frame(Kind::Events, header) if header.first.get() == place.first => Ok(place),
            _ => Ok(start),
        }
    }

    fn is_locked(&self) -> Result<bool, FileError> {
        self.storage
            .is_locked()
            .map_err(|error| FileError::new("look at", self.storage.describe("lock"), error))
    }

    /// How often there was a change that readers in the process of the writer are woken for, and that is no event.
    pub(super) fn changes(&self) -> u64 {
        match &self.source {
            Source::Writer(shared) => shared.changes(),
            Source::File | Source::Ended => 0,
        }
    }

    /// Waits until there is more than `position`, and returns whether there may be: `false` at the deadline and
    /// where nothing more will come.
    /// In the process that writes it also returns when there were other changes than those that were `seen`.
    pub(super) fn wait(
        &self,
        position: u64,
        seen: Option<u64>,
        deadline: Option<Instant>,
    ) -> Result<bool, FileError> {
        match &self.source {
            Source::Ended => Ok(false),
            Source::Writer(shared) => {
                shared.wait(position, seen, deadline);
                Ok(shared.progress().committed > position)
            }
            Source::File => {
                for look in 1_u32.. {
                    // Before it is asked how far the log has come: the writer tells that first, and then leaves.
                    let written = !look.is_multiple_of(LOOKS) || self.is_locked()?;
                    if self.told()?.committed > position {
                        return Ok(true);
                    }
                    let left =
                        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                    if left == Some(Duration::ZERO) || !written {
                        return Ok(false);
                    }
                    std::thread::sleep(left.map_or(LOOK, |left| left.min(LOOK)));
                }
                Ok(false)
            }
        }
    }

    /// Has a task woken when there is more than `position`. Returns whether there may be already.
    #[cfg(feature = "async")]
    pub(super) fn wake_behind(&self, position: u64, seen: Option<u64>, waker: &Waker) -> bool {
        match &self.source {
            Source::Writer(shared) => shared.wake_behind(position, seen, waker),
            Source::File | Source::Ended => true,
        }
    }

    /// Looks at what is in a segment where no frame begins with `expected`: damage, or else the end, which nobody
    /// was told is later. If whoever reads has asked for what comes after the damage, returns where that begins.
    pub(super) fn examine(
        &self,
        segment: &Segment,
        offset: u64,
        expected: u64,
        wanted: u64,
        limit: Option<u64>,
    ) -> Result<Option<Place>, ReadError> {
        let beyond = segment::examine(segment, offset, expected)?;
        if let Some(first) = beyond.resumes.filter(|first| (expected + 1..=wanted).contains(first))
        {
            return Ok(Some(Place { offset: beyond.resumes_at, first }));
        }
        let next = self.next_segment(segment.first + 1)?;
        let told = self.told()?.synced.max(beyond.synced);
        if next.is_none() && limit.is_none() && told <= expected {
            return Ok(None);
        }
        let end = beyond.resumes.or(next).unwrap_or(u64::MAX).max(expected);
        Err(Damage::new(&segment.path, offset, expected..end, DamageKind::Frame).into())
    }

    /// What is wrong if there is no segment that begins with this sequence: one is missing, unless it is the end.
    pub(super) fn missing(&self, first: u64, limit: Option<u64>) -> Result<(), ReadError> {
        let next = self.next_segment(first)?;
        if next.is_none() && limit.is_none() && self.told()?.synced <= first {
            return Ok(());
        }
        let file = self.storage.describe(&segment::name(first));
        let end = next.filter(|next| *next > first).unwrap_or(u64::MAX);
        Err(Damage::new(&file, 0, first..end, DamageKind::Missing).into())
    }

    /// What the next segment begins with, from a sequence on: one that is there, or that has been.
    fn next_segment(&self, from: u64) -> Result<Option<u64>, ReadError> {
        let there = self.firsts()?.into_iter().find(|first| *first >= from);
        let begun = self.manifest()?.newest.filter(|newest| *newest >= from);
        Ok(there.or(begun))
    }
}

/// A frame that may be read first: where it is in its segment, and its first event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) first: u64,
}
