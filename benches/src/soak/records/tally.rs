//! The account of one reader of records: which it has seen, and where the next one must be.

use super::law::{RecordLaw, place, span};

/// Counts the records of a reader. Each must be the next one, behind the one before, and what the
/// law says.
#[derive(Clone, Debug)]
pub struct RecordTally {
    law: RecordLaw,
    capacity: u64,
    /// Where the next record is, or the padding before it.
    next: u64,
    /// The number of the next record. A reader that joins later learns it from the first record
    /// that is long enough.
    number: Option<u64>,
    /// The records that came before the number was known.
    unnumbered: Vec<Vec<u8>>,
    seen: u64,
}

impl RecordTally {
    /// Begins at a position in a ring of so many bytes.
    pub fn at(law: RecordLaw, capacity: u64, next: u64) -> Self {
        let number = (next == 0).then_some(0);
        Self { law, capacity, next, number, unnumbered: Vec::new(), seen: 0 }
    }

    /// Returns the position that must come next, or be skipped by a padding.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Returns how many records were seen, each counted once.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Counts a record.
    ///
    /// # Errors
    ///
    /// If another record is due, or if it is somewhere else.
    pub fn see(&mut self, position: u64, record: &[u8]) -> Result<(), String> {
        let Self { next, capacity, .. } = *self;
        // The record may have been claimed with more bytes than it has.
        if position != next && position != next.next_multiple_of(capacity) {
            return Err(format!("a record is at {position}, where {next} is due"));
        }
        if place(position, record.len(), capacity) != position {
            return Err(format!("{} bytes at {position} are not in one piece", record.len()));
        }
        self.check(record)?;
        self.next = position + span(record.len());
        self.seen += 1;
        Ok(())
    }

    /// Checks what is in a record.
    fn check(&mut self, record: &[u8]) -> Result<(), String> {
        if self.number.is_none() {
            let Some(number) = RecordLaw::number(record) else {
                self.unnumbered.push(record.to_vec());
                return Ok(());
            };
            self.is_known(number)?;
        }
        let number = self.number.get_or_insert(0);
        self.law.check(*number, record)?;
        *number += 1;
        Ok(())
    }

    /// Notes which number comes next, and checks all records before.
    fn is_known(&mut self, number: u64) -> Result<(), String> {
        let before = self.unnumbered.len() as u64;
        let first =
            number.checked_sub(before).ok_or(format!("{before} records before {number}"))?;
        for (record, number) in self.unnumbered.drain(..).zip(first..) {
            self.law.check(number, &record)?;
        }
        self.number = Some(number);
        Ok(())
    }

    /// Notes that the reader was told that it has skipped so many bytes.
    pub fn miss(&mut self, bytes: u64) {
        if bytes > 0 {
            self.next += bytes;
            self.number = None;
            self.unnumbered.clear();
        }
    }

    /// Ends the account, where the stream ends.
    ///
    /// # Errors
    ///
    /// If that is not where this reader is, or if it has not seen the last of so many records.
    pub fn check_end(&mut self, end: u64, records: u64) -> Result<(), String> {
        if self.next != end {
            return Err(format!("position {} is due, where the stream ends at {end}", self.next));
        }
        if self.number.is_none() {
            self.is_known(records)?;
        }
        match self.number {
            Some(number) if number != records => {
                Err(format!("record {number} is due, where the stream ends with {records}"))
            }
            _ => Ok(()),
        }
    }
}
