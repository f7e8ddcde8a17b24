//! Where a log's files lie: the only door to the file system.
//!
//! A log needs little: whole files in one flat directory, reading and writing at an offset, cutting a file
//! off, and knowing when bytes are on the disk. [`Directory`] is the real one. Another implementation can
//! inject faults, or forget what was not synced, as the tests do.

mod directory;
mod interface;
mod lock;

pub use directory::Directory;
pub(crate) use interface::read_full;
pub use interface::{Mode, Storage, StoredFile};
pub use lock::{Holder, LockError};
