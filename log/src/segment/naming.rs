//! How segments are named.

use crate::error::FileError;
use crate::storage::Storage;

/// What the names of segments end with.
const SUFFIX: &str = ".frames";

/// The name of the segment that begins with a sequence. Names sort as sequences do.
pub(crate) fn name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// The sequence that a segment of this name begins with, if it is the name of one.
pub(crate) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// Returns what the segments begin with, in order.
pub(crate) fn list(storage: &dyn Storage) -> Result<Vec<u64>, FileError> {
    let names =
        storage.list().map_err(|error| FileError::new("list", storage.describe("."), error))?;
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| first_of(name)).collect();
    firsts.sort_unstable();
    Ok(firsts)
}
