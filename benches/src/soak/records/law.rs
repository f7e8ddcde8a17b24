//! The law of the records of a round: which bytes the record with a number has.

use crate::soak::dice::mix;

/// Headers and records take a multiple of so many bytes.
const ALIGN: usize = 8;

/// Says what each record must be. Records are never compared with what was sent, but always with
/// this.
#[derive(Clone, Copy, Debug)]
pub struct RecordLaw {
    salt: u64,
    longest: usize,
}

impl RecordLaw {
    /// The law of a round, in whose ring no record is longer.
    pub fn new(salt: u64, longest: usize) -> Self {
        Self { salt, longest }
    }

    /// Returns the length of the longest record.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Returns how long a record is: often short, now and then empty, or as long as can be.
    pub fn len(&self, number: u64) -> usize {
        let dice = mix(self.salt ^ number) as usize;
        let below = match dice % 64 {
            0 => return self.longest,
            1..8 => 10,
            8..12 => self.longest,
            _ => 64,
        };
        (dice / 64 % below).min(self.longest)
    }

    /// Returns the bytes of a record.
    pub fn record(&self, number: u64) -> Vec<u8> {
        let mut record = vec![0; self.len(number)];
        self.write(number, &mut record);
        record
    }

    /// Writes a record: its number, as far as there is room, and then what depends on it.
    pub fn write(&self, number: u64, record: &mut [u8]) {
        for (index, bytes) in record.chunks_mut(ALIGN).enumerate() {
            bytes.copy_from_slice(&self.word(number, index).to_le_bytes()[..bytes.len()]);
        }
    }

    /// Checks a record.
    ///
    /// # Errors
    ///
    /// If it is not the one with this number, with what was expected.
    pub fn check(&self, number: u64, record: &[u8]) -> Result<(), String> {
        let len = self.len(number);
        if record.len() != len {
            return Err(format!("record {number} must have {len} bytes, not {}", record.len()));
        }
        for (index, bytes) in record.chunks(ALIGN).enumerate() {
            let due = &self.word(number, index).to_le_bytes()[..bytes.len()];
            if bytes != due {
                let at = index * ALIGN;
                return Err(format!(
                    "record {number} must have {due:x?} from byte {at} on, not {bytes:x?}"
                ));
            }
        }
        Ok(())
    }

    /// Returns the number that a record has in it, if it is long enough.
    pub fn number(record: &[u8]) -> Option<u64> {
        record.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn word(&self, number: u64, index: usize) -> u64 {
        if index == 0 { number } else { mix(self.salt.wrapping_add(number) ^ (index as u64) << 32) }
    }
}

/// Returns how many bytes a record takes in the ring, with its header.
pub fn span(len: usize) -> u64 {
    (ALIGN + len.next_multiple_of(ALIGN)) as u64
}

/// Returns where a record goes that is claimed with so many bytes: to `position`, or to the start of
/// the memory if it does not fit before its end.
pub fn place(position: u64, len: usize, capacity: u64) -> u64 {
    let fits = position % capacity + span(len) <= capacity;
    if fits { position } else { position.next_multiple_of(capacity) }
}
