//! Frames that are in no log: to be sent to other machines, for instance. And how a record gets into a frame, wherever
//! that is.

mod builder;
mod parse;
mod record;

pub use builder::FrameBuilder;
pub use parse::FrameError;
pub(crate) use record::append_record;
