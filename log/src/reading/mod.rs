//! Reading a log: from any sequence or time on, beside the process that writes it or after it has ended.

mod decoding;
mod frames;
mod reader;
mod starting;

pub use decoding::{Decoded, Viewed};
pub use frames::Frames;
pub use reader::{LogReader, SegmentInfo};
