//! Opens a log: finds its segments, recovers the last one, and cuts off what was not finished.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::options::LogOptions;
use super::part::{Index, Part};
use super::recovery::{Cut, Recovery};
use super::sealed::Sealed;
use super::writer::Log;
use crate::bookkeeping::{
    Manifest, NEW_MANIFEST, PROGRESS, Progress, Shared, missing_manifest, now, prepare,
};
use crate::error::{Damage, DamageKind, FileError, OpenError};
use crate::format::{Kind, LogId, SEGMENT_HEADER};
use crate::segment::{self, Segment, Step};
use crate::storage::{Directory, Mode, Storage, StoredFile, read_full};
use crate::trace;

impl LogOptions {
    /// Opens the log in a directory.
    ///
    /// What a process has left behind that died while it was writing is cut off, and
    /// [reported](Log::recovery).
    ///
    /// # Errors
    ///
    /// [`OpenError`]. A directory that is no log is left as it is, except that an empty one may have been made.
    pub fn open(&self, directory: impl AsRef<Path>) -> Result<Log, OpenError> {
        let directory = Directory::new(directory.as_ref());
        prepare(&directory, self.create)?;
        self.open_on(Arc::new(directory))
    }

    /// Opens the log on a storage of your own.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_on(&self, storage: Arc<dyn Storage>) -> Result<Log, OpenError> {
        open(self.clone(), storage)
    }
}

/// Opens a log for writing.
fn open(options: LogOptions, storage: Arc<dyn Storage>) -> Result<Log, OpenError> {
    // Before anything is made: what is in a directory of somebody else is left as it is.
    if Manifest::read(&*storage)?.is_none() {
        check_unused(&options, &*storage)?;
    }
    let lock =
        storage.lock().map_err(|error| OpenError::from_lock(storage.describe("."), error))?;
    let (manifest, created) = match Manifest::read(&*storage)? {
        Some(manifest) => {
            // Another process may have named what is here, and died before the names were on the disk.
            storage
                .sync_names()
                .map_err(|error| FileError::new("sync", storage.describe("."), error))?;
            (manifest, false)
        }
        None => (begin(&options, &*storage)?, true),
    };
    let mut found = Found::look(&*storage, manifest)?;
    let unwanted = core::mem::take(&mut found.unwanted);
    let progress = storage
        .open(PROGRESS, Mode::CreateOrWrite)
        .map_err(|error| FileError::new("open", storage.describe(PROGRESS), error))?;
    let last = found.last(&*storage, manifest, told(&*progress, manifest.log))?;

    let part = match last.part {
        Some(part) => part,
        None => Part::new(manifest.log, last.next),
    };
    let reached = Progress { committed: last.next, synced: last.next };
    let mut log = Log {
        shared: Shared::new(reached),
        recovery: Recovery { created, next: last.next.into(), cut: last.cut },
        sealed: last.sealed,
        unwanted,
        manifest,
        parts: [part].into(),
        progress,
        reached,
        noted: None,
        last_stamp: last.last_stamp,
        unsynced_since: None,
        options,
        storage,
        _lock: lock,
        stats: Default::default(),
        frame: None,
        next: last.next,
    };
    log.note_progress()?;
    // It is tried again when a segment is full.
    let failure = log.remove_unwanted().err().map(|error| error.to_string());
    log.stats.note_retention(failure);
    let cut = log.recovery.cut().map(|cut| cut as &dyn core::fmt::Display);
    trace::opened(&log.storage.describe("."), log.next, cut);
    Ok(log)
}

/// Checks that a log may be made here: that it is wanted, and that there is nothing of somebody else.
fn check_unused(options: &LogOptions, storage: &dyn Storage) -> Result<(), OpenError> {
    let failed = |error| FileError::new("list", storage.describe("."), error);
    let names = storage.list().map_err(failed)?;
    // Files that a process leaves behind which dies while it makes a log.
    let ours = ["lock", NEW_MANIFEST];
    if !options.create || names.iter().any(|name| !ours.contains(&&**name)) {
        return Err(missing_manifest(storage)?);
    }
    Ok(())
}

/// Describes a log that is new.
fn begin(options: &LogOptions, storage: &dyn Storage) -> Result<Manifest, OpenError> {
    check_unused(options, storage)?;
    let random = || {
        let path = storage.describe(".");
        LogId::random().map_err(|error| FileError::new("find an identity for", path, error))
    };
    let log = options.id.map_or_else(random, Ok)?;
    let manifest = Manifest { log, created: now(), oldest: options.first_sequence, newest: None };
    manifest.write(storage)?;
    Ok(manifest)
}

/// How far the log had come, as the file says that was written last. That may be long ago.
fn told(file: &dyn StoredFile, log: LogId) -> Progress {
    let mut bytes = [0; Progress::SIZE];
    let read = read_full(file, &mut bytes, 0).unwrap_or(0);
    Progress::parse(&bytes[..read], log.seed()).unwrap_or_default()
}

/// The segments of a log, of which all but the last are known to follow each other.
struct Found {
    /// Those that are not kept any more.
    unwanted: Vec<u64>,
    sealed: Vec<Sealed>,
    last: Option<u64>,
}

impl Found {
    fn look(storage: &dyn Storage, manifest: Manifest) -> Result<Self, OpenError> {
        let mut firsts = segment::list(storage)?;
        // What was to be removed when the process died. Only what belongs to this log is.
        let unwanted: Vec<u64> = firsts.extract_if(.., |first| *first < manifest.oldest).collect();
        for first in &unwanted {
            Segment::open(storage, manifest.log, *first, Mode::Read)?;
        }
        let missing = |first: u64, end: u64| {
            Damage::new(
                &storage.describe(&segment::name(first)),
                0,
                first..end,
                DamageKind::Missing,
            )
        };
        match firsts.first() {
            Some(first) if *first == manifest.oldest => {}
            Some(first) => return Err(missing(manifest.oldest, *first).into()),
            // None was begun; or all were full and removed, and the next one was not begun.
            None if manifest.newest.is_none_or(|newest| newest < manifest.oldest) => {}
            None => return Err(missing(manifest.oldest, u64::MAX).into()),
        }
        if let Some(newest) = manifest.newest
            && firsts.last().is_some_and(|last| *last < newest)
        {
            return Err(missing(newest, u64::MAX).into());
        }
        let last = firsts.pop();
        let mut sealed = Vec::with_capacity(firsts.len());
        let nexts = firsts.iter().skip(1).chain(&last);
        for (first, next) in firsts.iter().zip(nexts) {
            let segment = Segment::open(storage, manifest.log, *first, Mode::Read)?;
            let (trailer, bytes) = segment.trailer()?;
            let Some(trailer) = trailer else {
                return Err(
                    Damage::new(&segment.path, bytes, *next..*next, DamageKind::Seal).into()
                );
            };
            let end = trailer.end.get();
            if end < *next {
                return Err(missing(end, *next).into());
            }
            if end > *next {
                let kind = DamageKind::Misnamed { found: (*next).into() };
                return Err(Damage::new(
                    &storage.describe(&segment::name(*next)),
                    0,
                    end..end,
                    kind,
                )
                .into());
            }
            sealed.push(Sealed { first: *first, end, bytes, last_stamp: trailer.last_stamp.get() });
        }
        Ok(Self { unwanted, sealed, last })
    }

    /// Recovers the last segment.
    fn last(
        mut self,
        storage: &dyn Storage,
        manifest: Manifest,
        told: Progress,
    ) -> Result<Last, OpenError> {
        let last_stamp = self.sealed.last().map_or(0, |sealed| sealed.last_stamp);
        let Some(first) = self.last else {
            return Ok(Last {
                sealed: self.sealed,
                next: manifest.oldest,
                last_stamp,
                part: None,
                cut: None,
            });
        };
        let segment = Segment::open(storage, manifest.log, first, Mode::Write)?;
        let mut scan = Scan::new(&segment, last_stamp);
        let end = scan.run(&segment)?;
        if let (Some(trailer), size) = segment.trailer()?
            && scan.sealed
        {
            if trailer.end.get() != scan.next || trailer.offset.get() != scan.seal {
                return Err(damaged(&segment, scan.seal, scan.next..scan.next, DamageKind::Seal));
            }
            let unsure = scan.unsure(told).unwrap_or(scan.seal).min(scan.seal);
            write_again(&segment, unsure..size)?;
            self.sealed.push(Sealed {
                first,
                end: scan.next,
                bytes: size,
                last_stamp: scan.last_stamp,
            });
            return Ok(Last {
                sealed: self.sealed,
                next: scan.next,
                last_stamp: scan.last_stamp,
                part: None,
                cut: None,
            });
        }
        // A seal without its trailer was not finished: it is written again.
        let end = if scan.sealed { scan.seal } else { end };
        let cut = cut_off(storage, &segment, end, scan.next, told)?;
        write_again(&segment, scan.unsure(told).unwrap_or(end).min(end)..end)?;
        let next = scan.next;
        let last_stamp = scan.last_stamp;
        let part = Part::reopened(segment, end, scan.into_index());
        Ok(Last { sealed: self.sealed, next, last_stamp, part: Some(part), cut })
    }
}

/// The last segment as it was recovered.
struct Last {
    sealed: Vec<Sealed>,
    next: u64,
    last_stamp: u64,
    /// What is appended to, if there is something.
    part: Option<Part>,
    cut: Option<Cut>,
}

/// Reads all frames of a segment, and checks that they follow each other.
pub(super) struct Scan {
    pub(super) next: u64,
    pub(super) last_stamp: u64,
    sealed: bool,
    seal: u64,
    /// How far everything was on the disk, as the frames say.
    synced: u64,
    index: Index,
}

impl Scan {
    pub(super) fn new(segment: &Segment, last_stamp: u64) -> Self {
        Self {
            next: segment.first,
            last_stamp,
            sealed: false,
            seal: 0,
            synced: 0,
            index: Index::default(),
        }
    }

    /// Returns where the frames end.
    pub(super) fn run(&mut self, segment: &Segment) -> Result<u64, OpenError> {
        let mut cursor = segment.frames(SEGMENT_HEADER as u64);
        loop {
            let offset = cursor.offset();
            let Step::Frame(kind, header) = cursor.step()? else {
                return Ok(offset);
            };
            if header.first.get() != self.next {
                let kind = DamageKind::Order { found: header.first.get().into() };
                return Err(damaged(
                    segment,
                    offset,
                    self.next..self.next.max(header.first.get()),
                    kind,
                ));
            }
            self.synced = self.synced.max(header.synced.get());
            if kind == Kind::Seal {
                (self.sealed, self.seal) = (true, offset);
                return Ok(cursor.offset());
            }
            self.index.note(offset, &header);
            self.next = header.end();
            self.last_stamp = self.last_stamp.max(header.stamp.get());
        }
    }

    /// From where on it is not known whether the frames are on the disk, if there are such frames.
    fn unsure(&self, told: Progress) -> Option<u64> {
        let synced = self.synced.max(told.synced);
        (synced < self.next).then(|| self.index.before(synced))
    }

    pub(super) fn into_index(self) -> Index {
        self.index
    }
}

fn damaged(
    segment: &Segment,
    offset: u64,
    sequences: core::ops::Range<u64>,
    kind: DamageKind,
) -> OpenError {
    Damage::new(&segment.path, offset, sequences, kind).into()
}

/// Cuts off what is behind the last whole frame, if it was never acknowledged.
fn cut_off(
    storage: &dyn Storage,
    segment: &Segment,
    end: u64,
    next: u64,
    told: Progress,
) -> Result<Option<Cut>, OpenError> {
    let beyond = segment::examine(segment, end, next)?;
    let acknowledged = beyond.synced.max(told.synced);
    if acknowledged > next {
        let resumes = beyond.resumes.unwrap_or(u64::MAX);
        return Err(damaged(segment, end, next..resumes.max(next), DamageKind::Frame));
    }
    if beyond.size <= end {
        return Ok(None);
    }
    let kept = match beyond.frames {
        0 => None,
        _ => Some(keep(storage, segment, end..beyond.size)?),
    };
    segment.file.set_size(end).map_err(|error| FileError::new("cut off", &*segment.path, error))?;
    Ok(Some(Cut {
        file: segment.path.clone(),
        offset: end,
        bytes: beyond.size - end,
        zeros: !beyond.bytes,
        frames: beyond.frames,
        kept,
    }))
}

/// Writes a part of a segment to a place in a file.
fn copy(
    segment: &Segment,
    bytes: &core::ops::Range<u64>,
    file: &dyn StoredFile,
    to: u64,
) -> io::Result<()> {
    let mut block = vec![0; 256 * 1024];
    let mut at = bytes.start;
    while at < bytes.end {
        let wanted = block.len().min((bytes.end - at) as usize);
        let read = read_full(&*segment.file, &mut block[..wanted], at)?;
        if read == 0 {
            break;
        }
        file.write_all_at(&block[..read], to + (at - bytes.start))?;
        at += read as u64;
    }
    Ok(())
}

/// Writes a part of a segment once more, and syncs it. Another process may have written it, and died before it was
/// on the disk; if it died because syncing had failed, syncing alone would do nothing.
fn write_again(segment: &Segment, bytes: core::ops::Range<u64>) -> Result<(), FileError> {
    let write = || {
        copy(segment, &bytes, &*segment.file, bytes.start)?;
        segment.file.sync()
    };
    write().map_err(|error| FileError::new("sync", &*segment.path, error))
}

/// Copies a part of a segment into a file of its own, and returns the name of that.
fn keep(
    storage: &dyn Storage,
    segment: &Segment,
    bytes: core::ops::Range<u64>,
) -> Result<String, FileError> {
    let name = format!("{:020}-{}.cut", segment.first, bytes.start);
    let path = storage.describe(&name);
    let copy = || {
        let file = storage.open(&name, Mode::CreateOrWrite)?;
        file.set_size(0)?;
        copy(segment, &bytes, &*file, 0)?;
        file.sync()?;
        storage.sync_names()
    };
    copy().map_err(|error| FileError::new("write", &*path, error))?;
    Ok(path)
}
