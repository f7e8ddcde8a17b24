//! Messages that are sent twice: how a producer names its messages, and how a writer drops the repetitions.

mod message;
mod rebuild;
mod window;

pub use message::MessageId;
pub use window::{OnceError, Seen, TooOld, Window};
