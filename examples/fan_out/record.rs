//! What the slots of the ring hold.

/// More memory than this is not kept for the next record in the slot.
const KEPT: usize = 64 << 10;

/// One line of the input. The slot that holds it is used again a lap later, and
/// so is the memory of `bytes`.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Counted from 1, through all of the input.
    pub(crate) number: u64,
    /// The line as it was read, with its end if it has one: all records in a row
    /// are the input, byte for byte.
    pub(crate) bytes: Vec<u8>,
}

impl Record {
    /// Forgets the old line, but not its memory, unless that was a lot.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }

    /// Returns the line without its end.
    pub(crate) fn line(&self) -> &[u8] {
        let line = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}
