//! A directory that can be made to refuse, as a full disk does.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use broadring_log::storage::{Directory, LockError, Mode, Storage, StoredFile};

/// A directory that can be made to refuse to write.
#[derive(Debug)]
pub(crate) struct Refusing {
    directory: Directory,
    full: Arc<AtomicBool>,
}

impl Refusing {
    /// Makes the directory.
    pub(crate) fn new(path: &Path) -> io::Result<Arc<Self>> {
        let directory = Directory::new(path);
        directory.create()?;
        Ok(Arc::new(Self { directory, full: Arc::default() }))
    }

    /// Makes it refuse, or not any more.
    pub(crate) fn refuse(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// Whether it refuses.
    pub(crate) fn refuses(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}

impl Storage for Refusing {
    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn StoredFile>> {
        let file = self.directory.open(name, mode)?;
        Ok(Box::new(RefusingFile { file, full: Arc::clone(&self.full) }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.directory.list()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.directory.remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.directory.rename(from, to)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.directory.sync_names()
    }

    fn lock(&self) -> Result<Box<dyn fmt::Debug + Send + Sync>, LockError> {
        self.directory.lock()
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.directory.is_locked()
    }

    fn describe(&self, name: &str) -> String {
        self.directory.describe(name)
    }
}

#[derive(Debug)]
struct RefusingFile {
    file: Box<dyn StoredFile>,
    full: Arc<AtomicBool>,
}

impl StoredFile for RefusingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.full.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.file.write_all_at(bytes, offset),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.file.set_size(size)
    }
}
