//! A digest of an order: of every event and of its sequence.

use core::fmt;

use sha2::{Digest as _, Sha256};

/// A digest of an order. Two are alike only if both have seen the same events under the same sequences.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digest {
    hash: Sha256,
    events: u64,
}

impl Digest {
    pub(crate) fn add(&mut self, sequence: u64, event: &[u8]) {
        self.hash.update(sequence.to_le_bytes());
        self.hash.update((event.len() as u64).to_le_bytes());
        self.hash.update(event);
        self.events += 1;
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.hash.clone().finalize() {
            write!(f, "{byte:02x}")?;
        }
        write!(f, " of {} events", self.events)
    }
}
