//! Reading: the core of a reader, how it joins and polls for events, and the batch that it lends.
//!
//! The public handles `Reader` and `Observer` are thin layers over this.
//!
//! May use: `handles/shared`, and the layers below.

mod batch;
mod joining;
mod options;
mod polling;
mod polling_options;
mod reader_core;
mod sleeping;
#[cfg(not(all(loom, feature = "loom")))]
mod stoppable;
#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;

pub use batch::{Batch, BatchEvents, BatchIter};
pub(crate) use options::ReaderOptions;
pub(crate) use reader_core::{ReaderCore, ReadingCore, Release};
