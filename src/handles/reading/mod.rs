//! Reading: what a reader is made of, how it polls for events, and the batch it lends.
//!
//! The public handles, `Reader` and `Observer`, are thin: what they do is here.
//!
//! May use: `handles/shared`, and the layers below.

mod batch;
mod joining;
mod options;
mod polling;
mod polling_options;
mod reader_core;
#[cfg(not(all(loom, feature = "loom")))]
mod stoppable;
#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;

pub use batch::{Batch, BatchEvents, BatchIter};
pub(crate) use options::ReaderOptions;
pub(crate) use reader_core::ReaderCore;
#[cfg(feature = "async")]
pub(crate) use reader_core::Release;
