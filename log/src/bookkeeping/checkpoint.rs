//! Checkpoints: how far a consumer has come, kept durably beside the log under the consumer's name.

use std::io;

use broadring::Sequence;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::clock::now;
use crate::error::FileError;
use crate::format::{LogId, Seed};
use crate::storage::{Mode, Storage, StoredFile, read_full};

/// What the names of the files end with.
const SUFFIX: &str = ".checkpoint";

/// What their names end with until there is something in them.
const NEW: &str = ".checkpoint.new";

const MAGIC: U32 = U32::from_bytes(*b"brcp");

/// Stands for the position of a consumer that has stored none.
const NONE: u64 = u64::MAX;

/// Each of the two slots has a sector of its own, so that writing one cannot spoil the other.
const SLOT: u64 = 4096;

/// One of the two places in a file where a position is. They are written in turn, and the later one counts.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct Slot {
    magic: U32,
    checksum: U32,
    turn: U64,
    position: U64,
    stamp: U64,
}

impl Slot {
    fn new(turn: u64, position: u64, stamp: u64, seed: Seed) -> Self {
        let mut slot = Self {
            magic: MAGIC,
            checksum: 0.into(),
            turn: turn.into(),
            position: position.into(),
            stamp: stamp.into(),
        };
        slot.checksum = slot.computed(seed).into();
        slot
    }

    fn computed(&self, seed: Seed) -> u32 {
        seed.checksum(Self { checksum: 0.into(), ..*self }.as_bytes())
    }

    fn read(file: &dyn StoredFile, index: u64, seed: Seed) -> io::Result<Option<Self>> {
        let mut bytes = [0; size_of::<Self>()];
        let read = read_full(file, &mut bytes, index * SLOT)?;
        Ok(Self::read_from_bytes(&bytes[..read])
            .ok()
            .filter(|slot| slot.magic == MAGIC && slot.checksum.get() == slot.computed(seed)))
    }

    /// The later one of both slots.
    fn latest(file: &dyn StoredFile, seed: Seed) -> io::Result<Option<Self>> {
        let slots = [Self::read(file, 0, seed)?, Self::read(file, 1, seed)?];
        Ok(slots.into_iter().flatten().max_by_key(|slot| slot.turn.get()))
    }

    fn position(&self) -> Option<u64> {
        Some(self.position.get()).filter(|position| *position != NONE)
    }
}

/// How far a consumer has come: durably, under a name, in the directory of the log. While it is there, the
/// [retention](crate::Retention) keeps what the consumer has still to read.
///
/// A checkpoint belongs to one consumer at a time.
#[derive(Debug)]
pub struct Checkpoint {
    file: Box<dyn StoredFile>,
    path: String,
    name: String,
    seed: Seed,
    turn: u64,
    position: Option<u64>,
}

impl Checkpoint {
    /// Opens the checkpoint of a consumer; it is made when a position is first stored.
    pub(crate) fn open(
        storage: &dyn Storage,
        log: LogId,
        name: &str,
    ) -> Result<Self, CheckpointError> {
        if !is_name(name) {
            return Err(CheckpointError::Name(name.to_owned()));
        }
        let file_name = format!("{name}{SUFFIX}");
        let path = storage.describe(&file_name);
        let failed = |action| {
            let path = path.clone();
            move |error| FileError::new(action, path, error)
        };
        let seed = log.seed();
        let file = match storage.open(&file_name, Mode::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(storage, name, seed).map_err(failed("create"))?
            }
            file => file.map_err(failed("open"))?,
        };
        let Some(latest) = Slot::latest(&*file, seed).map_err(failed("read"))? else {
            return Err(CheckpointError::Damaged(path));
        };
        // A process may have written what is here, and died before it was on the disk, or because it could not be
        // synced. Then syncing alone would do nothing.
        file.write_all_at(latest.as_bytes(), latest.turn.get() % 2 * SLOT)
            .map_err(failed("write"))?;
        file.sync().map_err(failed("sync"))?;
        storage.sync_names().map_err(failed("sync"))?;
        Ok(Self {
            file,
            path,
            name: name.to_owned(),
            seed,
            turn: latest.turn.get(),
            position: latest.position(),
        })
    }

    /// The name of the consumer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sequence that the consumer goes on with, if one was stored.
    pub fn position(&self) -> Option<Sequence> {
        self.position.map(Into::into)
    }

    /// Stores which sequence the consumer goes on with. When this returns, it is on the disk; after a crash in the
    /// middle the position is the one before, or this one.
    ///
    /// # Errors
    ///
    /// [`FileError`]. The position on the disk is then the one before, or this one.
    pub fn store(&mut self, position: impl Into<Sequence>) -> Result<(), FileError> {
        let position = position.into().into();
        let slot = Slot::new(self.turn + 1, position, now(), self.seed);
        let write = || {
            self.file.write_all_at(slot.as_bytes(), slot.turn.get() % 2 * SLOT)?;
            self.file.sync()
        };
        write().map_err(|error| FileError::new("write", &*self.path, error))?;
        self.turn += 1;
        self.position = Some(position);
        Ok(())
    }
}

/// Makes the file of a checkpoint in one step, with no position in it: so a file in which there is nothing to read is
/// damaged, and not one whose first position was being stored when the power was lost.
fn create(storage: &dyn Storage, name: &str, seed: Seed) -> io::Result<Box<dyn StoredFile>> {
    let new = format!("{name}{NEW}");
    let file_name = format!("{name}{SUFFIX}");
    let file = storage.open(&new, Mode::CreateOrWrite)?;
    file.set_size(0)?;
    file.write_all_at(Slot::new(0, NONE, now(), seed).as_bytes(), 0)?;
    file.sync()?;
    storage.rename(&new, &file_name)?;
    storage.open(&file_name, Mode::Write)
}

/// A checkpoint that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The name cannot be that of a file.
    #[error(
        "{0:?} is no name for a checkpoint: letters, digits, '-' and '_' are, up to 64 of them"
    )]
    Name(String),
    /// Neither of the positions in the file is what was written.
    #[error("{0} is damaged, or is of another log")]
    Damaged(String),
    /// The file system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A checkpoint as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointInfo {
    /// The name of the consumer.
    pub name: String,
    /// The sequence that the consumer goes on with. `None` if nothing was stored yet, or what was is damaged.
    pub position: Option<Sequence>,
    /// When it was stored, in nanoseconds since 1970.
    pub stamp: u64,
}

/// Whether this is the name of a checkpoint's file.
pub(super) fn is_file(name: &str) -> bool {
    name.strip_suffix(SUFFIX).is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Returns all checkpoints of a log, by name.
pub(crate) fn list(storage: &dyn Storage, log: LogId) -> Result<Vec<CheckpointInfo>, FileError> {
    look(storage, log, |_| Ok(()))
}

/// Whether the file of a checkpoint, which is there, has no position that was written.
pub(crate) fn is_damaged(storage: &dyn Storage, log: LogId, name: &str) -> io::Result<bool> {
    let file = storage.open(&file_name(name), Mode::Read)?;
    Ok(Slot::latest(&*file, log.seed())?.is_none())
}

/// The name of the file of a checkpoint.
pub(crate) fn file_name(name: &str) -> String {
    format!("{name}{SUFFIX}")
}

/// Reads all checkpoints, and does something with each file that was read.
fn look(
    storage: &dyn Storage,
    log: LogId,
    then: impl Fn(&dyn StoredFile) -> io::Result<()>,
) -> Result<Vec<CheckpointInfo>, FileError> {
    let names =
        storage.list().map_err(|error| FileError::new("list", storage.describe("."), error))?;
    let mut checkpoints = Vec::new();
    for file_name in names {
        let Some(name) = file_name.strip_suffix(SUFFIX).filter(|name| is_name(name)) else {
            continue;
        };
        let read = || -> io::Result<_> {
            let file = storage.open(&file_name, Mode::Read)?;
            let latest = Slot::latest(&*file, log.seed())?;
            then(&*file)?;
            Ok(latest)
        };
        let latest = match read() {
            Ok(latest) => latest,
            // It was removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(FileError::new("read", storage.describe(&file_name), error)),
        };
        checkpoints.push(CheckpointInfo {
            name: name.to_owned(),
            position: latest.and_then(|slot| slot.position()).map(Into::into),
            stamp: latest.map_or(0, |slot| slot.stamp.get()),
        });
    }
    checkpoints.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(checkpoints)
}

/// Removes a checkpoint, so that nothing is kept for its consumer any more.
pub(crate) fn remove(storage: &dyn Storage, name: &str) -> Result<(), CheckpointError> {
    if !is_name(name) {
        return Err(CheckpointError::Name(name.to_owned()));
    }
    let file_name = format!("{name}{SUFFIX}");
    let remove = || {
        storage.remove(&file_name)?;
        storage.sync_names()
    };
    Ok(remove().map_err(|error| FileError::new("remove", storage.describe(&file_name), error))?)
}

/// The position of the consumer that is furthest behind, if there are checkpoints. One whose position is not known
/// counts as being at the start.
///
/// The positions are on the disk: one that the loss of power takes back must not have let anything be removed.
pub(crate) fn slowest(storage: &dyn Storage, log: LogId) -> Result<Option<u64>, FileError> {
    let checkpoints = look(storage, log, |file| file.sync())?;
    Ok(checkpoints.iter().map(|checkpoint| checkpoint.position.map_or(0, u64::from)).min())
}
