//! Where the servers keep a stream.

/// Where the servers keep a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// In files: it outlives the servers. When they sync them is a setting of the servers, `sync_interval`.
    #[default]
    File,
    /// In memory: it is gone when most of its servers have been stopped.
    Memory,
}
