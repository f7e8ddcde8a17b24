//! Which files a log has, before they are looked into.

use std::io;

use crate::bookkeeping::{MANIFEST, Manifest, PROGRESS, Progress, missing_manifest};
use crate::error::{FileError, OpenError};
use crate::format::{LogId, SEGMENT_HEADER, SegmentHeader};
use crate::segment;
use crate::storage::{Mode, Storage, read_full};

/// How often files that change meanwhile are looked at again.
const TRIES: usize = 100;

/// Which files a log has, and what is said of it outside of the segments.
#[derive(Debug)]
pub(super) struct Found {
    /// The identity of the log.
    pub(super) log: LogId,
    /// The description of the log, unless it is missing or damaged.
    pub(super) manifest: Option<Manifest>,
    /// What the segments begin with.
    pub(super) firsts: Vec<u64>,
    /// How far the log has come.
    pub(super) told: Told,
}

/// What the file says that tells how far the log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Said(Progress),
    /// There is no such file, or nothing in it.
    Nothing,
    /// What is in it was not written there.
    Damaged,
}

impl Told {
    pub(super) fn progress(self) -> Progress {
        match self {
            Self::Said(progress) => progress,
            Self::Nothing | Self::Damaged => Progress::default(),
        }
    }
}

impl Found {
    pub(super) fn look(storage: &dyn Storage) -> Result<Self, OpenError> {
        // A writer may rotate and retain meanwhile: what is said before and after has to be the same.
        let mut tries = 0;
        loop {
            let manifest = description(storage)?;
            let log = match manifest {
                Some(manifest) => manifest.log,
                None => identity(storage, &segment::list(storage)?)?,
            };
            // Before it is asked which segments there are: what it tells of is in one of them.
            let told = told(storage, log)?;
            let firsts = segment::list(storage)?;
            tries += 1;
            if tries == TRIES || description(storage)? == manifest {
                return Ok(Self { log, manifest, firsts, told });
            }
        }
    }
}

/// Reads the description of the log, unless it is missing or damaged.
fn description(storage: &dyn Storage) -> Result<Option<Manifest>, OpenError> {
    match Manifest::read(storage) {
        Err(OpenError::Damaged(_)) => Ok(None),
        manifest => manifest,
    }
}

/// The identity that most of the segments have.
fn identity(storage: &dyn Storage, firsts: &[u64]) -> Result<LogId, OpenError> {
    let mut logs: Vec<(LogId, u64)> = Vec::new();
    for first in firsts {
        let name = segment::name(*first);
        let mut bytes = [0; SEGMENT_HEADER];
        let read =
            storage.open(&name, Mode::Read).and_then(|file| read_full(&*file, &mut bytes, 0));
        let read = read.map_err(|error| FileError::new("read", storage.describe(&name), error))?;
        if let Ok(header) = SegmentHeader::parse(&bytes[..read]) {
            match logs.iter_mut().find(|(log, _)| *log == header.log()) {
                Some((_, count)) => *count += 1,
                None => logs.push((header.log(), 1)),
            }
        }
    }
    match logs.into_iter().max_by_key(|(_, count)| *count) {
        Some((log, _)) => Ok(log),
        // Says what is wrong with the description, if there is one.
        None => match Manifest::read(storage) {
            Err(error) => Err(error),
            Ok(_) => Err(missing_manifest(storage)?),
        },
    }
}

fn told(storage: &dyn Storage, log: LogId) -> Result<Told, FileError> {
    let failed = |error| FileError::new("read", storage.describe(PROGRESS), error);
    let file = match storage.open(PROGRESS, Mode::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Told::Nothing),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = [0; Progress::SIZE];
    for _ in 0..TRIES {
        let read = read_full(&*file, &mut bytes, 0).map_err(failed)?;
        if let Some(progress) = Progress::parse(&bytes[..read], log.seed()) {
            return Ok(Told::Said(progress));
        }
        if bytes[..read].iter().all(|byte| *byte == 0) {
            return Ok(Told::Nothing);
        }
        // It may be being written.
        std::thread::yield_now();
    }
    Ok(Told::Damaged)
}

/// How messages name the description of the log.
pub(super) fn manifest_path(storage: &dyn Storage) -> String {
    storage.describe(MANIFEST)
}
