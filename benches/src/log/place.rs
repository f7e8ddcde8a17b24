//! Directories for the logs, and what is done with whole logs.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A directory that is removed with all that is in it.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
}

impl Place {
    /// Makes a directory for this process: in the given one, or beside the programs in `target`.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn new(within: Option<&Path>) -> Result<Self> {
        let within = match within {
            Some(path) => path.to_owned(),
            None => {
                let program = std::env::current_exe().context("where this program is")?;
                let target =
                    program.ancestors().nth(2).context("the program is in no directory")?;
                target.join("tmp")
            }
        };
        let path = within.join(format!("broadring-log-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self { path })
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes an empty directory in it; what had that name before is removed.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn empty(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        remove(&path)?;
        fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // There is nobody to tell.
        let _ = remove(&self.path);
    }
}

/// Removes a directory and all that is in it, if it is there.
///
/// # Errors
///
/// If it cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_dir_all(path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}

/// Copies all that is in a directory into another one, which is made.
///
/// # Errors
///
/// If a file cannot be copied.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let to = to.join(path.file_name().context("it has a name")?);
        if path.is_dir() {
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to).with_context(|| format!("copying {}", path.display()))?;
        }
    }
    Ok(())
}

/// Returns the files in a directory and below, sorted.
///
/// # Errors
///
/// If a directory cannot be read.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            if path.is_dir() { dirs.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Returns how many bytes the files in a directory take on the disk.
///
/// # Errors
///
/// If they do not tell.
pub fn on_disk(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in files(dir)? {
        let metadata = fs::metadata(file)?;
        #[cfg(unix)]
        let len = std::os::unix::fs::MetadataExt::blocks(&metadata) * 512;
        #[cfg(not(unix))]
        let len = metadata.len();
        bytes += len;
    }
    Ok(bytes)
}

/// Puts a byte somewhere into a file.
///
/// # Errors
///
/// If the file cannot be written.
pub fn put(file: &Path, at: u64, byte: u8) -> Result<()> {
    let mut file = fs::OpenOptions::new().write(true).open(file)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&[byte])?;
    Ok(())
}
