//! The record of a number: how long it is, what it says, and whether a reader has got all of them.

/// How long records are: from 8 bytes on, all lengths equally frequent.
#[derive(Clone, Copy, Debug)]
pub struct Lengths {
    longest: usize,
}

impl Lengths {
    /// Lengths up to this one, which is at least 8.
    pub fn up_to(longest: usize) -> Self {
        Self { longest }
    }

    /// Returns the length of the longest records.
    pub fn longest(self) -> usize {
        self.longest
    }

    /// Returns the length of the record of a number.
    #[inline]
    pub fn of(self, number: u64) -> usize {
        // Fibonacci hashing: neighbours have lengths that look nothing alike.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        8 + ((mixed * (self.longest as u64 - 7)) >> 32) as usize
    }
}

/// Writes the record of a number, which has the length for it: the number, and then a pattern.
#[inline]
pub fn write(record: &mut [u8], number: u64) {
    let (head, rest) = record.split_at_mut(8);
    head.copy_from_slice(&number.to_le_bytes());
    rest.fill(number as u8);
}

/// What a reader has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger {
    next: u64,
    bytes: u64,
    wrong: u64,
    sum: u64,
}

impl Ledger {
    /// Takes a record, and reads all of it.
    #[inline]
    pub fn see(&mut self, record: &[u8], lengths: Lengths) {
        let (head, rest) = record.split_at(8);
        let number = u64::from_le_bytes(head.try_into().unwrap_or_default());
        let whole = record.len() == lengths.of(number)
            && rest.first().is_none_or(|byte| *byte == number as u8)
            && rest.last().is_none_or(|byte| *byte == number as u8);
        self.wrong += u64::from(number != self.next || !whole);
        self.sum = rest.iter().fold(self.sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
        self.next += 1;
        self.bytes += record.len() as u64;
    }

    /// Returns how many records it has seen.
    pub fn seen(&self) -> u64 {
        self.next
    }

    /// Returns how many bytes these had.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Checks that it has seen so many, all of them right and in order.
    ///
    /// # Panics
    ///
    /// If not.
    pub fn check(&self, name: &str, count: u64, lengths: Lengths) {
        assert_eq!((self.next, self.wrong), (count, 0), "{name}: records seen, and wrong ones");
        let byte_sum = |number: u64| (number as u8 as u64) * (lengths.of(number) as u64 - 8);
        let sum = (0..count).fold(0_u64, |sum, number| sum.wrapping_add(byte_sum(number)));
        assert_eq!(self.sum, sum, "{name}: the sum of all bytes");
    }
}
