//! The journal: a reader of a ring that writes down what it finds.

mod builder;
mod failure;
mod handle;
mod keeper;
#[cfg(feature = "metrics")]
mod metrics;
mod publishing;
mod stats;

pub use builder::{JournalBuilder, StartError};
pub use failure::{JournalError, JournalFailure, OnFailure};
pub use handle::Journal;
pub use publishing::StoppedError;
pub use stats::JournalStats;
