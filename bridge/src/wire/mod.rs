//! What the bytes of a message mean: the identity of the stream, and behind it a claim, a resignation or a frame of
//! `broadring-log`. No input and output.
//!
//! `docs/protocol.md` has the same byte by byte.

mod notice;
mod seal;

#[cfg(test)]
mod tests;

pub(crate) use notice::{MAX_NAME, Notice, NoticeKind};
pub use seal::WireError;
pub(crate) use seal::{Content, OVERHEAD, enclose, open};
