//! The log as its one writer has it: opening and recovering, appending, syncing, rotating, retaining.

mod open;
mod options;
mod part;
mod recovery;
mod retention;
mod sealed;
mod sealing;
mod writer;

pub use options::{Durability, LogOptions, Retention};
pub use recovery::{Cut, Recovery};
pub use retention::Removed;
pub(crate) use sealing::seal_anew;
pub use writer::Log;
