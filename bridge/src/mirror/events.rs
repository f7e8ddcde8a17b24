//! From frames into the ring.

use std::sync::Arc;

use broadring_log::Frame;
use broadring_log::codec::Codec;

use super::failure::MirrorError;

/// Decodes the events of a frame from one of them on, behind those that are there. If one cannot be decoded, nothing of
/// the frame may be published.
pub(super) fn decode<T, C: Codec<Event = T>>(
    frame: &Frame<'_>,
    codec: &C,
    next: u64,
    events: &mut Vec<T>,
) -> Result<(), MirrorError> {
    for decoded in frame.decode(codec) {
        let (sequence, event) = decoded.map_err(|error| MirrorError::Decode(Arc::new(error)))?;
        if u64::from(sequence) >= next {
            events.push(event);
        }
    }
    Ok(())
}
