//! Reads frames.

use crate::format::{FRAME_HEADER, Frame, FrameHeader, Kind, LogId};

impl<'a> Frame<'a> {
    /// Reads a frame that is in no log: from a [`FrameBuilder`](crate::FrameBuilder) with the same identity.
    ///
    /// # Errors
    ///
    /// [`FrameError`] if the bytes are anything else than one whole frame of this stream, as it was made.
    pub fn parse(bytes: &'a [u8], log: LogId) -> Result<Self, FrameError> {
        if bytes.len() < FRAME_HEADER {
            return Err(FrameError::Short);
        }
        let header = FrameHeader::parse(bytes, log.seed()).ok_or(FrameError::Header)?;
        if header.kind() != Some(Kind::Events) {
            return Err(FrameError::Header);
        }
        let payload = &bytes[FRAME_HEADER..];
        if bytes.len() != header.frame() {
            return Err(FrameError::Length { expected: header.frame(), found: bytes.len() });
        }
        if !header.matches(payload, log.seed()) {
            return Err(FrameError::Payload);
        }
        Ok(Self::new(header, payload, 0))
    }
}

/// Bytes that are no frame of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// There are fewer bytes than a header has.
    #[error("it is shorter than the header of a frame")]
    Short,
    /// The header is not as it was written, or belongs to another stream.
    #[error("its header is damaged, or of another stream")]
    Header,
    /// The frame does not end where the bytes end.
    #[error("it has {found} bytes instead of {expected}")]
    Length {
        /// How many bytes the header says there are.
        expected: usize,
        /// How many bytes there are.
        found: usize,
    },
    /// The records are not as they were written.
    #[error("its records are damaged")]
    Payload,
}
