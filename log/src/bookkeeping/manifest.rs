//! The description of a log: its identity, where it begins, and which segment was begun last. It is what tells
//! a segment that was removed on purpose from one that is missing.

use std::io;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::checkpoint;
use super::progress::PROGRESS;
use crate::error::{Damage, DamageKind, FileError, OpenError};
use crate::format::{LogId, Seed, VERSION};
use crate::segment;
use crate::storage::{Mode, Storage, read_full};

/// The name of the file.
pub(crate) const MANIFEST: &str = "manifest";
/// What it is called while it is written.
pub(crate) const NEW: &str = "manifest.new";

const MAGIC: [u8; 8] = *b"brman\r\n\x1a";

/// Stands for the newest segment of a log that has none.
const NONE: u64 = u64::MAX;

/// The description of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) log: LogId,
    /// When the log was made, in nanoseconds since 1970.
    pub(crate) created: u64,
    /// What the oldest segment begins with. Everything before was removed on purpose, or never there.
    pub(crate) oldest: u64,
    /// What the segment begins with that was begun last.
    pub(crate) newest: Option<u64>,
}

#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct Bytes {
    magic: [u8; 8],
    version: U32,
    checksum: U32,
    log: [u8; 16],
    created: U64,
    oldest: U64,
    newest: U64,
    reserved: [u8; 8],
}

impl Manifest {
    fn to_bytes(self) -> Bytes {
        let mut bytes = Bytes {
            magic: MAGIC,
            version: VERSION.into(),
            checksum: 0.into(),
            log: self.log.to_bytes(),
            created: self.created.into(),
            oldest: self.oldest.into(),
            newest: self.newest.unwrap_or(NONE).into(),
            reserved: [0; 8],
        };
        bytes.checksum = checksum(bytes).into();
        bytes
    }

    /// Reads the description, if there is one.
    pub(crate) fn read(storage: &dyn Storage) -> Result<Option<Self>, OpenError> {
        let path = storage.describe(MANIFEST);
        let file = match storage.open(MANIFEST, Mode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::new("open", path, error).into()),
        };
        let mut content = [0; size_of::<Bytes>() + 1];
        let read = read_full(&*file, &mut content, 0)
            .map_err(|error| FileError::new("read", &*path, error))?;
        let damaged = || Damage::new(&path, 0, 0..u64::MAX, DamageKind::Manifest);
        let bytes = Bytes::read_from_bytes(&content[..read]).map_err(|_| damaged())?;
        if bytes.magic != MAGIC || bytes.checksum.get() != checksum(bytes) {
            return Err(damaged().into());
        }
        if bytes.version.get() != VERSION {
            return Err(OpenError::NewerFormat { file: path, version: bytes.version.get() });
        }
        Ok(Some(Self {
            log: LogId::from_bytes(bytes.log),
            created: bytes.created.get(),
            oldest: bytes.oldest.get(),
            newest: Some(bytes.newest.get()).filter(|newest| *newest != NONE),
        }))
    }

    /// Writes the description in one step: after a crash it is there as it was before, or as it is now.
    pub(crate) fn write(self, storage: &dyn Storage) -> Result<(), FileError> {
        let write = || {
            let file = storage.open(NEW, Mode::CreateOrWrite)?;
            file.write_all_at(self.to_bytes().as_bytes(), 0)?;
            file.set_size(size_of::<Bytes>() as u64)?;
            file.sync()?;
            storage.rename(NEW, MANIFEST)?;
            storage.sync_names()
        };
        write().map_err(|error| FileError::new("write", storage.describe(MANIFEST), error))
    }
}

/// What is wrong with a place that has no description of a log: it was lost, or there is no log.
pub(crate) fn missing(storage: &dyn Storage) -> Result<OpenError, FileError> {
    let path = storage.describe(".");
    let names = storage.list().map_err(|error| FileError::new("list", &*path, error))?;
    // The description is there before anything else of a log is made.
    let lost = names.iter().any(|name| {
        name == PROGRESS || segment::first_of(name).is_some() || checkpoint::is_file(name)
    });
    // It may have been made since it was looked for: then there was no log yet.
    let made = || matches!(Manifest::read(storage), Ok(Some(_)));
    Ok(match lost && !made() {
        true => {
            let path = storage.describe(MANIFEST);
            Damage::new(&path, 0, 0..u64::MAX, DamageKind::Missing).into()
        }
        false => OpenError::NotALog(path),
    })
}

/// The checksum of everything else.
fn checksum(bytes: Bytes) -> u32 {
    Seed::NONE.checksum(Bytes { checksum: 0.into(), ..bytes }.as_bytes())
}
