//! Segments: the files of frames that a log consists of. How they are named, read, and examined when something
//! in them is not what was written.

mod cursor;
mod examine;
mod naming;
mod opened;

pub(crate) use cursor::{FrameCursor, Step};
pub(crate) use examine::examine;
pub(crate) use naming::{first_of, list, name};
pub(crate) use opened::{Segment, SegmentError};
