//! What the bytes mean: segment headers, frames, seals, and their checksums. No input and output.
//!
//! All numbers are little-endian. `docs/format.md` has the same byte by byte.

mod checksum;
mod frame;
mod header;
mod seal;

pub use checksum::LogId;
pub(crate) use checksum::Seed;
pub(crate) use frame::{Described, FRAME_HEADER, FrameHeader, Kind, MAX_PAYLOAD, encode_frame};
pub use frame::{Frame, Records};
pub(crate) use header::{HeaderError, SEGMENT_HEADER, SegmentHeader, VERSION};
pub(crate) use seal::{IndexEntry, SEAL_TRAILER, Seal, SealTrailer};
