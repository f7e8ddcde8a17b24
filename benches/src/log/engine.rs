//! What every storage engine is measured through.

use std::path::Path;

use anyhow::Result;

use super::frame::Frame;

/// What is done with the engines. Not every engine can do everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Append frames, each safe on the disk before the next.
    Synced,
    /// Append frames, and leave it to the system when they reach the disk.
    Unsynced,
    /// Open a log and read all of it.
    Replay,
    /// Make a log of one frame and close it: what each segment of a log costs.
    Segment,
    /// Open the log of a process that was killed.
    Reopening,
    /// Open a log and read all of it after one bit of it was flipped.
    Damage,
    /// A journal beside a ring: with our own log only.
    Journal,
    /// Read the log of another process while that one has it open.
    Beside,
}

/// A durable log of frames in a directory of its own, at its best documented use.
pub trait Engine: Sized + 'static {
    /// The name of the crate and what is used of it.
    const NAME: &'static str;

    /// Whether it tells a frame from what is left of one. Otherwise the frame that was being written when the process
    /// was killed may pass for one.
    const CHECKS: bool = true;

    /// Why it is missing from a scenario, or what its figure there does not mean.
    fn remark(_scenario: Scenario) -> Remark {
        Remark::None
    }

    /// Makes a log in a directory that is there and empty.
    ///
    /// # Errors
    ///
    /// If it cannot.
    fn create(dir: &Path) -> Result<Self>;

    /// Opens the log in this directory to read it and to append to it, and repairs what a crash left.
    ///
    /// # Errors
    ///
    /// If it cannot, or finds that the log is damaged.
    fn reopen(dir: &Path) -> Result<Self>;

    /// Appends a frame. With `sync`, this frame and all before it are safe on the disk afterwards, as
    /// far as the engine does that at all; without, that is left to the system or to a later call.
    ///
    /// # Errors
    ///
    /// If the frame cannot be written.
    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()>;

    /// Reads all frames that were there when the log was opened, in order: the number of the first record
    /// of each, and its bytes.
    ///
    /// # Errors
    ///
    /// If a frame cannot be read, or the engine finds that it is damaged. Those before it were given.
    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()>;

    /// As `reopen` and `replay`, but only to read, while another process may have the log open to append
    /// to it.
    ///
    /// # Errors
    ///
    /// If the engine does not allow that, or as `replay`.
    fn read_beside(dir: &Path, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        Self::reopen(dir)?.replay(take)
    }
}

/// What there is to say of an engine in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Nothing.
    None,
    /// It takes part, but its figure means something else.
    Note(&'static str),
    /// It cannot do that.
    Absent(&'static str),
}

/// Something to be done with every engine, whatever its type.
pub trait Visitor {
    /// Does it with this one.
    fn visit<E: Engine>(&mut self);
}
