//! What is kept beside the segments: the description of the log, how far it has come, and how far its consumers
//! have.

mod checkpoint;
mod clock;
mod manifest;
mod place;
mod progress;
mod shared;

pub use checkpoint::{Checkpoint, CheckpointError, CheckpointInfo};
pub(crate) use checkpoint::{
    file_name as checkpoint_file, is_damaged as is_checkpoint_damaged, list as checkpoints,
    remove as remove_checkpoint, slowest as slowest_checkpoint,
};
pub(crate) use clock::now;
pub(crate) use manifest::{MANIFEST, Manifest, NEW as NEW_MANIFEST, missing as missing_manifest};
pub(crate) use place::prepare;
pub(crate) use progress::{PROGRESS, Progress};
pub(crate) use shared::Shared;
