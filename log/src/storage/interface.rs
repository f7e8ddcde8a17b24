//! What a log asks of the place where its files lie.

use core::fmt;
use std::io;

use super::lock::LockError;

/// A place for the files of one log. Names are plain file names, without a path.
///
/// All methods may be called from several threads at once.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// What the system says: [`io::ErrorKind::NotFound`] where the file must be there and is not, and
    /// [`io::ErrorKind::AlreadyExists`] where it must not be.
    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn StoredFile>>;

    /// Returns the names of all files, in any order.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Removes a file. It can still be read through handles that are open.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Renames a file, over another one if there is one, in one step.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes durable which files there are, and what their names are.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_names(&self) -> io::Result<()>;

    /// Takes the place for the one process that may write. The lock ends when what is returned is dropped,
    /// or when the process ends, however it ends.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] with who has it, or what the system says.
    fn lock(&self) -> Result<Box<dyn fmt::Debug + Send + Sync>, LockError>;

    /// Tells whether a process has the place locked for writing.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn is_locked(&self) -> io::Result<bool>;

    /// Describes a file for messages: a path where there is one.
    fn describe(&self, name: &str) -> String;
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For reading only. The file must be there.
    Read,
    /// For reading and writing. The file must be there.
    Write,
    /// For reading and writing. The file must not be there yet.
    Create,
    /// For reading and writing. The file is made if it is not there.
    CreateOrWrite,
}

/// An open file of a [`Storage`].
///
/// All methods may be called from several threads at once.
pub trait StoredFile: fmt::Debug + Send + Sync {
    /// Reads at an offset, and returns how many bytes were read: 0 only at the end of the file, or when the
    /// buffer is empty.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all bytes at an offset. If this fails, any part of them may have been written.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes durable what was written, and the length of the file. After an error nothing is known about
    /// what was written since the last success: it has to be written again.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync(&self) -> io::Result<()>;

    /// Returns the length of the file in bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn size(&self) -> io::Result<u64>;

    /// Cuts the file off at a length, or extends it with zeros.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn set_size(&self, size: u64) -> io::Result<()>;
}

/// Reads until the buffer is full or the file ends, and returns how many bytes were read.
pub(crate) fn read_full(
    file: &dyn StoredFile,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> io::Result<usize> {
    let wanted = buffer.len();
    while !buffer.is_empty() {
        match file.read_at(buffer, offset) {
            Ok(0) => break,
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - buffer.len())
}
