//! The real file system: one directory.

use core::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::interface::{Mode, Storage, StoredFile};
use super::lock::{self, Holder, LockError};

/// A directory of the file system.
///
/// Files are read and written at offsets, and made durable with `fdatasync`; names are made durable with
/// `fsync` of the directory.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Names a directory, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the directory, and those above it, where they are not there, and makes their names durable.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn create(&self) -> io::Result<()> {
        if self.path.is_dir() {
            // A process may have made it, and died before its name was durable. Whoever may not look above it
            // has not made it.
            let _ = sync_directory(parent(&self.path));
            return Ok(());
        }
        let made =
            self.path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.is_dir());
        let made: Vec<&Path> = made.collect();
        fs::create_dir_all(&self.path)?;
        made.into_iter().try_for_each(|path| sync_directory(parent(path)))
    }

    /// Tells which process writes here, if one does.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn writer(&self) -> io::Result<Option<Holder>> {
        lock::held_by(&self.path)
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Storage for Directory {
    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn StoredFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(mode != Mode::Read);
        match mode {
            Mode::Read | Mode::Write => {}
            Mode::Create => {
                options.create_new(true);
            }
            Mode::CreateOrWrite => {
                options.create(true).truncate(false);
            }
        }
        Ok(Box::new(options.open(self.path.join(name))?))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            // A name that is no text is none of ours.
            if let (true, Ok(name)) =
                (entry.file_type()?.is_file(), entry.file_name().into_string())
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn sync_names(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }

    fn lock(&self) -> Result<Box<dyn fmt::Debug + Send + Sync>, LockError> {
        Ok(Box::new(lock::take(&self.path)?))
    }

    fn is_locked(&self) -> io::Result<bool> {
        lock::is_held(&self.path)
    }

    fn describe(&self, name: &str) -> String {
        match name {
            "." => self.path.display().to_string(),
            name => self.path.join(name).display().to_string(),
        }
    }
}

/// The directory that the name of another one is in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

impl StoredFile for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }
}
