//! The frame of a number: the records that one batch has, and whether a reader got all frames.

/// How large frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The bytes of a record, at least 8.
    pub record: usize,
    /// The records of a frame, at least one.
    pub records: usize,
}

impl Shape {
    /// Returns the bytes of a frame.
    pub fn bytes(self) -> usize {
        self.record * self.records
    }

    /// Returns the frame of a number.
    pub fn frame(self, number: u64) -> Frame {
        let first = number * self.records as u64;
        let mut bytes = vec![0; self.bytes()];
        for (record, sequence) in bytes.chunks_exact_mut(self.record).zip(first..) {
            write(record, sequence);
        }
        Frame { shape: self, first, bytes }
    }
}

/// Some records that are written at once.
#[derive(Clone, Debug)]
pub struct Frame {
    shape: Shape,
    first: u64,
    bytes: Vec<u8>,
}

impl Frame {
    /// Returns the number of the first record.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Returns all records, one after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the records.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.shape.record)
    }
}

/// Writes a record: its number, and then what looks like noise, so that no engine can compress it.
fn write(record: &mut [u8], sequence: u64) {
    let (head, rest) = record.split_at_mut(8);
    head.copy_from_slice(&sequence.to_le_bytes());
    for (word, nth) in rest.chunks_mut(8).zip(1_u64..) {
        // The finalizer of SplitMix64.
        let mixed = (sequence << 20).wrapping_add(nth).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..word.len()]);
    }
}

/// What somebody who reads a log has seen.
#[derive(Clone, Copy, Debug)]
pub struct Ledger {
    shape: Shape,
    right: u64,
    wrong: u64,
}

impl Ledger {
    /// A reader that has seen nothing yet.
    pub fn new(shape: Shape) -> Self {
        Self { shape, right: 0, wrong: 0 }
    }

    /// Takes a frame and compares every byte with what was written.
    pub fn see(&mut self, first: u64, bytes: &[u8]) {
        let expected = self.shape.frame(self.right + self.wrong);
        if first == expected.first && *bytes == expected.bytes {
            self.right += 1;
        } else {
            self.wrong += 1;
        }
    }

    /// Returns how many frames were what and where they should be.
    pub fn right(&self) -> u64 {
        self.right
    }

    /// Returns how many were not.
    pub fn wrong(&self) -> u64 {
        self.wrong
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Shape};

    #[test]
    fn one_bit_and_one_missing_frame_are_noticed() {
        let shape = Shape { record: 20, records: 3 };
        let mut ledger = Ledger::new(shape);
        let mut flipped = shape.frame(1);
        flipped.bytes[41] ^= 1;
        for frame in [shape.frame(0), flipped, shape.frame(2), shape.frame(4)] {
            ledger.see(frame.first(), frame.bytes());
        }
        assert_eq!((ledger.right(), ledger.wrong()), (2, 2));
    }
}
