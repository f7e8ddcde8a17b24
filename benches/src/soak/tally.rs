//! The account of one reader: which events it has seen, and which it knows that it has missed.

use super::law::Law;
use super::payload::Payload;

/// Counts the events of a reader. Each must be the next one, and what the law says.
#[derive(Clone, Debug)]
pub struct Tally {
    law: Law,
    first: u64,
    next: u64,
    missed: u64,
    seen: u64,
}

impl Tally {
    /// Begins at the sequence where the reader stands.
    pub fn at(law: Law, first: u64) -> Self {
        Self { law, first, next: first, missed: 0, seen: 0 }
    }

    /// Returns the sequence that must come next.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Returns the sequence where it began.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Returns how many events were seen, each counted once.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Counts an event.
    ///
    /// # Errors
    ///
    /// If another event is due, or the event is not that of its sequence.
    pub fn see(&mut self, sequence: u64, event: &impl Payload) -> Result<(), String> {
        if sequence != self.next {
            let wrong = if sequence < self.next { "came again" } else { "came too early" };
            return Err(format!("sequence {sequence} {wrong}: sequence {} is due", self.next));
        }
        self.law.check(sequence, event)?;
        self.next += 1;
        self.seen += 1;
        Ok(())
    }

    /// Notes that the reader was told that it has missed that many.
    pub fn miss(&mut self, events: u64) {
        self.next += events;
        self.missed += events;
    }

    /// Notes that the events from there on come again, because they were not committed.
    ///
    /// # Errors
    ///
    /// If they never came.
    pub fn comes_again(&mut self, from: u64) -> Result<(), String> {
        let again = self.next.checked_sub(from).filter(|&again| again <= self.seen);
        let Some(again) = again else {
            return Err(format!("sequence {from} cannot come again: {} is due", self.next));
        };
        self.next = from;
        self.seen -= again;
        Ok(())
    }

    /// Ends the account.
    ///
    /// # Errors
    ///
    /// If the events that were seen and missed are not exactly those up to `end`.
    pub fn check(&self, end: u64) -> Result<(), String> {
        let Self { first, next, missed, seen, .. } = *self;
        if next != end {
            return Err(format!("sequence {next} is due, where the stream ends at {end}"));
        }
        if seen + missed != end - first {
            return Err(format!("{seen} seen and {missed} missed are not {first}..{end}"));
        }
        Ok(())
    }
}
