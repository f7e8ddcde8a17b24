//! How a record gets into a frame.

use broadring::Sequence;

use crate::codec::EncodeError;
use crate::error::AppendError;
use crate::format::MAX_PAYLOAD;

/// The length of the number in front of a record that says how long it is.
const LENGTH: usize = size_of::<u32>();

/// A record that is being appended. Dropping it takes back what there is of it, for instance when its codec panics.
struct Attempt<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Attempt<'a> {
    fn new(bytes: &'a mut Vec<u8>) -> Self {
        let start = bytes.len();
        Self { bytes, start }
    }

    /// Keeps the record.
    fn succeed(mut self) {
        self.start = self.bytes.len();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.bytes.truncate(self.start);
    }
}

/// Appends the record of an event to the payload of a frame: as it is if all have the same size, and otherwise, where
/// that size is 0, with its length in front. The bytes are as before if that fails.
pub(crate) fn append_record(
    bytes: &mut Vec<u8>,
    record_size: usize,
    sequence: Sequence,
    encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), AppendError> {
    let attempt = Attempt::new(bytes);
    let bytes = &mut *attempt.bytes;
    if record_size == 0 {
        bytes.extend_from_slice(&[0; LENGTH]);
    }
    let record = bytes.len();
    encode(bytes).map_err(|source| AppendError::Encode { sequence, source })?;
    let size = bytes.len() - record;
    if size > MAX_PAYLOAD / 2 {
        return Err(AppendError::TooLarge { sequence, size });
    }
    match record_size {
        0 => {
            let length = (size as u32).to_le_bytes();
            bytes[record - LENGTH..record].copy_from_slice(&length);
        }
        _ if size == record_size => {}
        _ => {
            let source =
                EncodeError::new(format!("the record has {size} bytes instead of {record_size}"));
            return Err(AppendError::Encode { sequence, source });
        }
    }
    attempt.succeed();
    Ok(())
}
