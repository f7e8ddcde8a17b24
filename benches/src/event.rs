//! What is sent: an event of so many words, all of which are written and read.

/// An event of `WORDS` times 8 bytes.
pub type Event<const WORDS: usize> = [u64; WORDS];

/// Makes the event numbered `number`: its first word is the number.
#[inline]
pub fn event<const WORDS: usize>(number: u64) -> Event<WORDS> {
    std::array::from_fn(|word| number.wrapping_add(word as u64))
}

/// What a reader has seen: the same work for every subject, and the proof that
/// every event came, once, in order and whole.
#[derive(Debug, Default)]
pub struct Ledger {
    count: u64,
    sum: u64,
    disorder: u64,
}

impl Ledger {
    /// Reads every word of an event.
    #[inline]
    pub fn see<const WORDS: usize>(&mut self, event: &Event<WORDS>) {
        self.disorder |= event[0] ^ self.count;
        self.count += 1;
        for word in event {
            self.sum = self.sum.wrapping_add(*word);
        }
    }

    /// Checks that the events `0..count` were seen.
    ///
    /// # Panics
    ///
    /// If they were not. The subject is then broken, and its numbers are worth nothing.
    pub fn check<const WORDS: usize>(&self, subject: &str, count: u64) {
        let words = WORDS as u64;
        // In 128 bits, and then modulo 2^64 like the sum that it is compared with.
        let numbers = u128::from(count) * u128::from(count.saturating_sub(1)) / 2;
        let offsets = u128::from(words * (words - 1) / 2) * u128::from(count);
        let expected = (numbers * u128::from(words) + offsets) as u64;
        assert_eq!(self.count, count, "{subject} delivered the wrong number of events");
        assert_eq!(self.disorder, 0, "{subject} delivered events out of order");
        assert_eq!(self.sum, expected, "{subject} delivered a torn event");
    }
}
