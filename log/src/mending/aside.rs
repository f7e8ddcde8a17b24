//! Keeps what a repair removes, in files beside the segments. Nothing that is there is written over.

use core::ops::Range;
use std::io;

use crate::error::FileError;
use crate::storage::{Mode, Storage, StoredFile, read_full};

/// How much is copied at once, in bytes.
const BLOCK: usize = 256 * 1024;

/// Returns a name that no file has.
fn free_name(storage: &dyn Storage, name: &str) -> io::Result<String> {
    let names = storage.list()?;
    let mut free = name.to_owned();
    let mut number = 1;
    while names.contains(&free) {
        free = format!("{name}.{number}");
        number += 1;
    }
    Ok(free)
}

/// Renames a file, so that it belongs to the log no more, and returns how messages name it then.
pub(super) fn set_aside(storage: &dyn Storage, name: &str) -> Result<String, FileError> {
    let rename = || {
        let aside = free_name(storage, &format!("removed-{name}.cut"))?;
        storage.rename(name, &aside)?;
        storage.sync_names()?;
        Ok(storage.describe(&aside))
    };
    rename().map_err(|error| FileError::new("set aside", storage.describe(name), error))
}

/// Copies a part of a file into one of its own, durably, and returns how messages name that.
pub(super) fn copy(
    storage: &dyn Storage,
    file: &dyn StoredFile,
    bytes: Range<u64>,
    name: &str,
) -> Result<String, FileError> {
    let copy = || {
        let name = free_name(storage, name)?;
        let kept = storage.open(&name, Mode::Create)?;
        copy_into(&*kept, 0, file, bytes)?;
        kept.sync()?;
        storage.sync_names()?;
        Ok(storage.describe(&name))
    };
    copy().map_err(|error| FileError::new("write", storage.describe(name), error))
}

/// Copies a part of a file to a place in another one.
pub(super) fn copy_into(
    to: &dyn StoredFile,
    place: u64,
    file: &dyn StoredFile,
    bytes: Range<u64>,
) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    let mut at = bytes.start;
    while at < bytes.end {
        let wanted = block.len().min((bytes.end - at) as usize);
        let read = read_full(file, &mut block[..wanted], at)?;
        if read == 0 {
            break;
        }
        to.write_all_at(&block[..read], place + at - bytes.start)?;
        at += read as u64;
    }
    Ok(())
}
