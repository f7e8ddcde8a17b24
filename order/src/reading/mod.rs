//! The reading side: the handle from which merged readers are made, the merged readers, and their
//! batches.

#![forbid(unsafe_code)]

#[cfg(feature = "async")]
mod asynch;
mod batch;
mod choice;
mod event;
mod finding;
mod lane;
mod merged;
mod merging;
mod order;
mod patience;
mod taking;
mod waiting;

pub use self::batch::MergedBatch;
pub use self::event::Ordered;
pub use self::merged::Merged;
pub use self::merging::MergedIter;
pub use self::order::{MergedBuilder, Order};
