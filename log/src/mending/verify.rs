//! Verifies a log: reads every byte of it, and collects what is not as it was written.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::facts::Facts;
use super::found::{Found, Told, manifest_path};
use super::segment::{Look, Surroundings};
use super::verification::{Checked, Remark, Tail, Verification};
use crate::bookkeeping::{PROGRESS, checkpoint_file, checkpoints, is_checkpoint_damaged, prepare};
use crate::error::{DamageKind, FileError, OpenError};
use crate::segment::{self, Segment, SegmentError};
use crate::storage::{Directory, Mode, Storage};

/// Verifies a log: reads every byte of it, and collects what is not as it was written.
///
/// It looks at the description of the log, the header of each segment, the checksums of each frame and the order of
/// the events in it, at the seals with their indexes, and at the checkpoints. It does not end with the first
/// damage. Nothing is changed, and the log may be written and read meanwhile: then it is looked at as far as it is
/// committed.
///
/// What a process has left behind that died while it was writing is a [`Tail`], and no damage.
///
/// `progress` is called now and then, at least once for each frame. Memory is needed for the largest frame, for some
/// words for each segment, and for 1000 damages at most.
///
/// # Errors
///
/// [`OpenError`] if the log cannot be looked at: no such directory, not a log, a newer format, refused by the
/// file system, or a description that is damaged where no segment tells which log it is.
///
/// # Examples
///
/// ```
/// use broadring_log::Log;
/// use broadring_log::codec::Bytes;
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let mut log = Log::open(directory)?;
/// log.push(&Bytes, &b"one".to_vec())?;
/// log.close()?;
///
/// let report = broadring_log::verify(directory, |_| ())?;
/// assert!(report.is_good());
/// assert_eq!(report.events, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(
    directory: impl AsRef<Path>,
    progress: impl FnMut(Checked),
) -> Result<Verification, OpenError> {
    let directory = Directory::new(directory.as_ref());
    prepare(&directory, false)?;
    verify_on(Arc::new(directory), progress)
}

/// As [`verify`], on a storage of your own.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_on(
    storage: Arc<dyn Storage>,
    mut progress: impl FnMut(Checked),
) -> Result<Verification, OpenError> {
    let is_locked = || {
        storage
            .is_locked()
            .map_err(|error| FileError::new("look at", storage.describe("lock"), error))
    };
    loop {
        let written = is_locked()?;
        let report = Walk::over(&*storage, written, &mut progress)?.report;
        // What a process was writing that has begun meanwhile is not damaged.
        if written || report.is_good() || !is_locked()? {
            return Ok(report);
        }
    }
}

/// A look at all of a log.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) found: Found,
    /// What is known of each segment that is not older than what is kept.
    pub(super) segments: Vec<Facts>,
    /// The sequence after the last event that is known of, whether it is there or not.
    pub(super) known: u64,
    pub(super) report: Verification,
}

impl Walk {
    pub(super) fn over(
        storage: &dyn Storage,
        written: bool,
        mut progress: impl FnMut(Checked),
    ) -> Result<Self, OpenError> {
        let found = Found::look(storage)?;
        let mut report = Verification::new(found.log, written);
        if found.manifest.is_none() {
            let nobody_knows = 0..0;
            report.note(&manifest_path(storage), 0, nobody_knows, DamageKind::Manifest);
        }
        let oldest = found.manifest.map(|manifest| manifest.oldest);
        let mut firsts = found.firsts.clone();
        for leftover in firsts.extract_if(.., |first| oldest.is_some_and(|oldest| *first < oldest))
        {
            if !written {
                let file = storage.describe(&segment::name(leftover));
                report.remark(Remark::Leftover { file });
            }
        }
        let mut walk = Self { found, segments: Vec::with_capacity(firsts.len()), known: 0, report };
        walk.all(storage, &firsts, &mut progress)?;
        walk.beside(storage)?;
        Ok(walk)
    }

    /// Looks at all segments.
    fn all(
        &mut self,
        storage: &dyn Storage,
        firsts: &[u64],
        progress: &mut dyn FnMut(Checked),
    ) -> Result<(), OpenError> {
        let told = self.found.told.progress();
        let oldest = self.found.manifest.map(|manifest| manifest.oldest);
        let mut next = oldest.or(firsts.first().copied()).unwrap_or(0);
        self.report.sequences = next.into()..next.into();
        let newest = self.found.manifest.and_then(|manifest| manifest.newest);
        let total = firsts.iter().map(|first| size(storage, *first)).sum();
        let mut done = 0;
        for (index, &first) in firsts.iter().enumerate() {
            if first > next {
                self.missing(storage, next, first);
            }
            let surroundings = Surroundings {
                following: firsts
                    .get(index + 1)
                    .copied()
                    .or(newest.filter(|newest| *newest > first)),
                committed: self.report.written.then_some(told.committed),
                synced: told.synced,
            };
            let misplaced = first < next;
            if misplaced {
                let kind = DamageKind::Misnamed { found: first.into() };
                self.report.note(&storage.describe(&segment::name(first)), 0, next..next, kind);
            }
            let facts = match self.open(storage, first, surroundings)? {
                Opened::Segment(segment, facts) => {
                    self.report.segments += 1;
                    let (mut facts, end) =
                        Look::new(&segment, facts, surroundings, &mut self.report)?
                            .run(|at| progress(Checked { bytes: done + at, of: total }))?;
                    facts.usable &= !misplaced;
                    next = next.max(end);
                    facts
                }
                Opened::Unusable => {
                    self.report.segments += 1;
                    let end = surroundings.following.unwrap_or(u64::MAX).max(first);
                    let path = storage.describe(&segment::name(first));
                    self.report.note(&path, 0, next..end.max(next), DamageKind::Frame);
                    next = next.max(surroundings.following.unwrap_or(first));
                    Facts::new(first)
                }
                Opened::Unfinished => Facts::new(first),
                Opened::Gone => {
                    // It was removed meanwhile, as the retention of the writer says. If it was the last one, there are
                    // others since.
                    next = next.max(surroundings.following.unwrap_or(first.max(told.synced)));
                    continue;
                }
            };
            done += facts.size;
            progress(Checked { bytes: done, of: total });
            self.report.bytes += facts.size;
            self.segments.push(facts);
        }
        self.report.sequences.end = next.into();
        self.known = next;
        self.end(storage, firsts);
        Ok(())
    }

    /// Opens a segment, whatever its header says.
    fn open(
        &mut self,
        storage: &dyn Storage,
        first: u64,
        surroundings: Surroundings,
    ) -> Result<Opened, OpenError> {
        let facts = Facts { usable: true, ..Facts::new(first) };
        let damage = match Segment::open(storage, self.found.log, first, Mode::Read) {
            Ok(segment) => return Ok(Opened::Segment(segment, facts)),
            Err(SegmentError::File(error)) if is_gone(&error) && self.report.written => {
                return Ok(Opened::Gone);
            }
            Err(SegmentError::Damaged(damage)) => damage,
            Err(error) => return Err(error.into()),
        };
        if damage.kind != DamageKind::Header {
            self.report.note(&damage.file, 0, first..first, damage.kind);
            return Ok(Opened::Unusable);
        }
        let file = storage
            .open(&segment::name(first), Mode::Read)
            .map_err(|error| FileError::new("open", &*damage.file, error))?;
        let newest = self.found.manifest.and_then(|manifest| manifest.newest);
        if surroundings.following.is_none()
            && self.found.manifest.is_some()
            && newest != Some(first)
            && surroundings.synced <= first
        {
            // A process has died while it was beginning a segment, or is about to.
            if !self.report.written {
                let bytes =
                    file.size().map_err(|error| FileError::new("read", &*damage.file, error))?;
                let file = damage.file;
                self.report.tail = Some(Tail { file, offset: 0, bytes, zeros: false, frames: 0 });
            }
            return Ok(Opened::Unfinished);
        }
        self.report.note(&damage.file, 0, first..first, DamageKind::Header);
        let seed = self.found.log.seed();
        let segment = Segment { file: file.into(), path: damage.file, first, created: 0, seed };
        Ok(Opened::Segment(segment, Facts { headless: true, ..facts }))
    }

    fn missing(&mut self, storage: &dyn Storage, first: u64, end: u64) {
        let file = storage.describe(&segment::name(first));
        self.report.note(&file, 0, first..end, DamageKind::Missing);
    }

    /// Looks whether the log goes as far as it has to.
    fn end(&mut self, storage: &dyn Storage, firsts: &[u64]) {
        let told = self.found.told.progress();
        let next = self.known;
        // If all segments were full and removed, the newest one was too.
        let newest = self
            .found
            .manifest
            .and_then(|manifest| manifest.newest.filter(|newest| *newest >= manifest.oldest));
        let ends_too_early = newest.filter(|newest| firsts.last().is_none_or(|last| last < newest));
        if let Some(newest) = ends_too_early {
            self.missing(storage, next, u64::MAX);
            self.known = next.max(newest).max(told.synced);
        } else if told.synced > next {
            let said =
                self.report.damages.iter().any(|damage| u64::from(damage.sequences.end) > next);
            if !said {
                match self.segments.last() {
                    Some(last) => {
                        let file = storage.describe(&segment::name(last.first));
                        self.report.note(&file, last.size, next..told.synced, DamageKind::Frame);
                    }
                    None => self.missing(storage, next, told.synced),
                }
            }
            self.known = told.synced;
        } else if told.committed > next && !self.report.written {
            let sequences = next.into()..told.committed.into();
            self.report.remark(Remark::NotDurable { sequences });
        }
    }

    /// Looks at what is beside the segments.
    fn beside(&mut self, storage: &dyn Storage) -> Result<(), OpenError> {
        match self.found.told {
            Told::Said(_) => {}
            Told::Nothing => self.report.remark(Remark::NoProgress),
            Told::Damaged => {
                self.report.note(&storage.describe(PROGRESS), 0, 0..0, DamageKind::Progress);
            }
        }
        for checkpoint in checkpoints(storage, self.found.log)? {
            self.report.checkpoints += 1;
            if let Some(position) = checkpoint.position {
                if position > self.report.sequences.end && !self.report.written {
                    let checkpoint = checkpoint.name;
                    self.report.remark(Remark::Ahead { checkpoint, position });
                }
                continue;
            }
            let file = checkpoint_file(&checkpoint.name);
            match is_checkpoint_damaged(storage, self.found.log, &checkpoint.name) {
                Ok(false) => {}
                Ok(true) => {
                    self.report.note(&storage.describe(&file), 0, 0..0, DamageKind::Checkpoint);
                }
                // It was removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(FileError::new("read", storage.describe(&file), error).into());
                }
            }
        }
        let mut names =
            storage.list().map_err(|error| FileError::new("list", storage.describe("."), error))?;
        names.retain(|name| name.ends_with(".cut") || name.contains(".cut."));
        names.sort_unstable();
        for name in names {
            self.report.remark(Remark::Kept { file: storage.describe(&name) });
        }
        Ok(())
    }
}

/// A segment that was opened, if it could be.
enum Opened {
    Segment(Segment, Facts),
    /// It is another one than its name says.
    Unusable,
    /// It was never begun.
    Unfinished,
    /// It was removed meanwhile.
    Gone,
}

fn is_gone(error: &FileError) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn size(storage: &dyn Storage, first: u64) -> u64 {
    // Only for the progress that is shown.
    storage.open(&segment::name(first), Mode::Read).and_then(|file| file.size()).unwrap_or(0)
}
