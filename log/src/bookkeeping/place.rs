//! The directory of a log.

use std::io;

use crate::error::{FileError, OpenError};
use crate::storage::Directory;

/// Makes the directory of a log, or checks that it is there.
pub(crate) fn prepare(directory: &Directory, create: bool) -> Result<(), OpenError> {
    let path = directory.path();
    if create {
        return directory
            .create()
            .map_err(|error| FileError::new("create", path.display().to_string(), error).into());
    }
    match path.metadata() {
        Ok(there) if there.is_dir() => Ok(()),
        Ok(_) => Err(OpenError::NotALog(path.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(OpenError::NoDirectory(path.display().to_string()))
        }
        Err(error) => Err(FileError::new("look into", path.display().to_string(), error).into()),
    }
}
