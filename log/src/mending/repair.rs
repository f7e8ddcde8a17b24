//! Repairs a log: makes one that is damaged readable and writable again, and keeps what it removes.

use core::ops::Range;
use std::io;
use std::path::Path;
use std::sync::Arc;

use zerocopy::IntoBytes;

use super::aside::{copy, copy_into, set_aside};
use super::facts::{Facts, Rest};
use super::found::Told;
use super::plan::{Keep, Kept};
use super::repaired::{Mended, Repaired};
use super::verification::Checked;
use super::verify::Walk;
use crate::bookkeeping::{
    MANIFEST, Manifest, PROGRESS, Progress, checkpoint_file, checkpoints, missing_manifest, prepare,
};
use crate::error::{DamageKind, FileError, OpenError};
use crate::format::{SEGMENT_HEADER, SegmentHeader};
use crate::log::seal_anew;
use crate::segment;
use crate::storage::{Directory, Mode, Storage};

/// Repairs a damaged log, so that it opens and goes on.
///
/// It is never done by itself. Before, copy the directory if you can, and look at the [report](Repaired) of a
/// [dry run](Self::dry_run).
///
/// What can be made again of what is there is: the description of the log, the headers of segments, their seals and
/// indexes. Then no event is lost. Where events are lost, those that follow each other without a hole are kept, at one
/// end of the loss: see [`Keep`]. Everything else is cut off and set aside, in files called `*.cut` in
/// the same directory, and nothing is deleted. The report says which sequences the log had and has no more. Checkpoints
/// are left as they are, and those that are then ahead of the log are named in the report.
///
/// A log that is good is not changed, and an end that was not finished is left to
/// [`Log::open`](crate::Log::open). A repair that was interrupted can be begun again.
///
/// # Examples
///
/// ```
/// use broadring_log::codec::Bytes;
/// use broadring_log::{Log, Repair};
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let mut log = Log::open(directory)?;
/// log.push(&Bytes, &b"one".to_vec())?;
/// log.close()?;
/// std::fs::remove_file(directory.join("manifest"))?;
/// assert!(Log::open(directory).is_err());
///
/// let repaired = Repair::new().run(directory, |_| ())?;
/// assert!(repaired.gone.is_empty());
/// assert_eq!(Log::open(directory)?.next_sequence(), 1.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a repair does nothing until `run` is called"]
pub struct Repair {
    keep: Keep,
    dry: bool,
}

impl Repair {
    /// Describes the usual repair, which keeps the [oldest](Keep::Oldest) events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which events are kept where some are lost.
    pub fn keep(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// Sets whether nothing is changed, and the report says what would be.
    pub fn dry_run(self, dry: bool) -> Self {
        Self { dry, ..self }
    }

    /// Repairs the log in a directory. The log is locked meanwhile, and all of it is read.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if another process writes the log, if there is nothing to make a log of, or if the file system
    /// refuses. What was done until then is right, and the next call goes on with it.
    pub fn run(
        self,
        directory: impl AsRef<Path>,
        progress: impl FnMut(Checked),
    ) -> Result<Repaired, OpenError> {
        let directory = Directory::new(directory.as_ref());
        prepare(&directory, false)?;
        self.run_on(Arc::new(directory), progress)
    }

    /// As [`run`](Self::run), on a storage of your own.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_on(
        self,
        storage: Arc<dyn Storage>,
        progress: impl FnMut(Checked),
    ) -> Result<Repaired, OpenError> {
        // Where there is no log, nothing is made.
        let names = storage.list();
        let names = names.map_err(|error| FileError::new("list", storage.describe("."), error))?;
        if !names.iter().any(|name| name == MANIFEST || segment::first_of(name).is_some()) {
            return Err(missing_manifest(&*storage)?);
        }
        let _lock =
            storage.lock().map_err(|error| OpenError::from_lock(storage.describe("."), error))?;
        let walk = Walk::over(&*storage, false, progress)?;
        let had = walk.report.sequences.start.into()..walk.known;
        let mut kept = Kept::choose(&walk.segments, self.keep, had);
        if walk.report.is_good() {
            let all = walk.report.sequences.clone();
            kept = Kept {
                rest: false,
                segments: 0..walk.segments.len(),
                sequences: all.start.into()..all.end.into(),
            };
        }
        let mut mending =
            Mending { storage: &*storage, dry: self.dry, walk, kept, done: Vec::new() };
        if !mending.walk.report.is_good() {
            mending.mend()?;
        }
        mending.report()
    }
}

/// A repair under way.
struct Mending<'a> {
    storage: &'a dyn Storage,
    dry: bool,
    walk: Walk,
    kept: Kept,
    done: Vec<Mended>,
}

impl Mending<'_> {
    /// Does, in an order in which it can be interrupted and begun again: what says how far the log went comes last.
    fn mend(&mut self) -> Result<(), OpenError> {
        for index in 0..self.walk.segments.len() {
            let facts = self.walk.segments[index];
            if self.kept.rest && index == self.kept.segments.start {
                self.keep_rest(facts)?;
            } else if self.kept.segments.contains(&index) {
                self.mend_segment(facts, index)?;
            } else {
                self.set_aside(&segment::name(facts.first))?;
            }
        }
        self.set_checkpoints_aside()?;
        self.mend_manifest()?;
        self.mend_progress()
    }

    fn mend_segment(&mut self, facts: Facts, index: usize) -> Result<(), OpenError> {
        if facts.headless {
            self.write_header(facts)?;
        }
        let is_last = index + 1 == self.kept.segments.end;
        let was_last = index + 1 == self.walk.segments.len();
        // What was not finished at the end is left to the next writer, and what is sealed is left as it is.
        let cut = facts.broken || !facts.sealed && (facts.damaged || !was_last);
        if cut {
            self.cut_off(facts)?;
            if !is_last {
                let file = self.storage.describe(&segment::name(facts.first));
                if !self.dry {
                    seal_anew(self.storage, self.walk.found.log, facts.first)?;
                }
                self.done.push(Mended::Seal { file });
            }
        }
        Ok(())
    }

    /// Makes a segment of what is behind the damage in another one, which is set aside.
    fn keep_rest(&mut self, facts: Facts) -> Result<(), OpenError> {
        let Some(rest) = facts.rest else {
            return Ok(());
        };
        let name = segment::name(rest.first);
        let (file, from) =
            (self.storage.describe(&name), self.storage.describe(&segment::name(facts.first)));
        let new = format!("{name}.new");
        if !self.dry {
            self.copy_rest(facts, rest, &new)
                .map_err(|error| FileError::new("write", &*file, error))?;
        }
        self.set_aside(&segment::name(facts.first))?;
        if !self.dry {
            let rename = || {
                self.storage.rename(&new, &name)?;
                self.storage.sync_names()
            };
            rename().map_err(|error| FileError::new("write", &*file, error))?;
            if self.kept.segments.len() > 1 {
                seal_anew(self.storage, self.walk.found.log, rest.first)?;
            }
        }
        self.done.push(Mended::Rest { file, from });
        Ok(())
    }

    fn copy_rest(&self, facts: Facts, rest: Rest, new: &str) -> io::Result<()> {
        let old = self.storage.open(&segment::name(facts.first), Mode::Read)?;
        let file = self.storage.open(new, Mode::CreateOrWrite)?;
        file.set_size(0)?;
        let header = SegmentHeader::new(self.walk.found.log, rest.first, rest.stamp);
        file.write_all_at(header.as_bytes(), 0)?;
        copy_into(&*file, SEGMENT_HEADER as u64, &*old, rest.start..rest.end)?;
        file.sync()
    }

    fn write_header(&mut self, facts: Facts) -> Result<(), OpenError> {
        let name = segment::name(facts.first);
        let path = self.storage.describe(&name);
        let mut kept = None;
        if !self.dry {
            let failed = |error| FileError::new("write", &*path, error);
            let file = self.storage.open(&name, Mode::Write).map_err(failed)?;
            let header = 0..SEGMENT_HEADER as u64;
            kept = Some(copy(
                self.storage,
                &*file,
                header,
                &format!("{:020}-header.cut", facts.first),
            )?);
            let header = SegmentHeader::new(self.walk.found.log, facts.first, facts.first_stamp);
            file.write_all_at(header.as_bytes(), 0).and_then(|()| file.sync()).map_err(failed)?;
        }
        self.done.push(Mended::Header { file: path, kept });
        Ok(())
    }

    fn cut_off(&mut self, facts: Facts) -> Result<(), OpenError> {
        if facts.size <= facts.end {
            return Ok(());
        }
        let name = segment::name(facts.first);
        let path = self.storage.describe(&name);
        let mut kept = None;
        if !self.dry {
            let failed = |error| FileError::new("cut off", &*path, error);
            let file = self.storage.open(&name, Mode::Write).map_err(failed)?;
            let cut = format!("{:020}-{}.cut", facts.first, facts.end);
            kept = Some(copy(self.storage, &*file, facts.end..facts.size, &cut)?);
            file.set_size(facts.end).and_then(|()| file.sync()).map_err(failed)?;
        }
        let bytes = facts.size - facts.end;
        self.done.push(Mended::CutOff { file: path, offset: facts.end, bytes, kept });
        Ok(())
    }

    fn set_aside(&mut self, name: &str) -> Result<(), OpenError> {
        let file = self.storage.describe(name);
        let kept = if self.dry { None } else { Some(set_aside(self.storage, name)?) };
        self.done.push(Mended::SetAside { file, kept });
        Ok(())
    }

    /// A checkpoint that cannot be read holds the retention back, and its consumer cannot store another one.
    fn set_checkpoints_aside(&mut self) -> Result<(), OpenError> {
        for checkpoint in checkpoints(self.storage, self.walk.found.log)? {
            let name = checkpoint_file(&checkpoint.name);
            let path = self.storage.describe(&name);
            let damages = &self.walk.report.damages;
            if damages.iter().any(|it| it.kind == DamageKind::Checkpoint && it.file == path) {
                self.set_aside(&name)?;
            }
        }
        Ok(())
    }

    fn mend_manifest(&mut self) -> Result<(), OpenError> {
        let kept = &self.walk.segments[self.kept.segments.clone()];
        let oldest = self.kept.sequences.start;
        let newest = kept.last().map(|facts| facts.first.max(oldest));
        let old = self.walk.found.manifest;
        // A segment that was begun and not yet named is not named here either.
        if old.is_some_and(|old| old.oldest == oldest && old.newest <= newest) {
            return Ok(());
        }
        let log = self.walk.found.log;
        let begun = kept.iter().map(|facts| facts.created.max(facts.first_stamp)).min();
        let created = old.map(|old| old.created).or(begun).unwrap_or(0);
        let file = self.storage.describe(MANIFEST);
        if !self.dry {
            let there = self.storage.list();
            let there = there.map_err(|error| FileError::new("list", &*file, error))?;
            if old.is_none() && there.iter().any(|name| name == MANIFEST) {
                set_aside(self.storage, MANIFEST)?;
            }
            Manifest { log, created, oldest, newest }.write(self.storage)?;
        }
        self.done.push(Mended::Manifest { file });
        Ok(())
    }

    fn mend_progress(&mut self) -> Result<(), OpenError> {
        let end = self.kept.sequences.end;
        let told = self.walk.found.told.progress();
        let told_right = matches!(self.walk.found.told, Told::Said(_)) && told.synced <= end;
        if told_right && told.committed <= end {
            return Ok(());
        }
        let file = self.storage.describe(PROGRESS);
        if !self.dry {
            let right =
                Progress { committed: told.committed.min(end), synced: told.synced.min(end) };
            let bytes = right.to_bytes(self.walk.found.log.seed());
            let write = || {
                let file = self.storage.open(PROGRESS, Mode::CreateOrWrite)?;
                file.write_all_at(&bytes, 0)?;
                file.set_size(bytes.len() as u64)?;
                file.sync()?;
                self.storage.sync_names()
            };
            write().map_err(|error| FileError::new("write", &*file, error))?;
        }
        self.done.push(Mended::Progress { file });
        Ok(())
    }

    fn report(self) -> Result<Repaired, OpenError> {
        let Range { start, end } = self.kept.sequences;
        let had = u64::from(self.walk.report.sequences.start)..self.walk.known;
        let gone = [had.start..start.min(had.end), end.max(had.start)..had.end];
        let damages = &self.walk.report.damages;
        let ahead = checkpoints(self.storage, self.walk.found.log)?
            .into_iter()
            .filter_map(|checkpoint| Some((checkpoint.name, checkpoint.position?)))
            .filter(|(_, position)| *position > end.into())
            .collect();
        Ok(Repaired {
            mended: self.done,
            sequences: start.into()..end.into(),
            gone: gone
                .into_iter()
                .filter(|gone| !gone.is_empty())
                .map(|gone| gone.start.into()..gone.end.into())
                .collect(),
            perhaps_more: damages.iter().any(|it| it.sequences.end == broadring::Sequence::MAX),
            ahead,
            found: self.walk.report,
        })
    }
}
