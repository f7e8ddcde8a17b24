//! The writer of records, and its books.

use std::sync::Arc;
use std::time::Duration;

use broadring::{ByteWriter, RecordTimeoutError, Sequence, TryRecordError};

use crate::soak::dice::Dice;
use crate::soak::post::Post;
use crate::soak::records::law::{RecordLaw, place, span};
use crate::soak::run::Planted;

/// Nothing was published: the ring was full.
pub(super) struct Full;

/// A way to publish.
pub(super) type Way = (&'static str, fn(&mut Pen) -> Result<(), Full>);

/// The number of the record that a planted fault is about, or of the next one that is not empty.
const PLANTED_AT: u64 = 100;

/// The writer, and its books.
pub(super) struct Pen {
    pub(super) writer: ByteWriter,
    /// The number of the next record.
    pub(super) number: u64,
    /// The position of the next record, or of the padding before it.
    pub(super) next: u64,
    pub(super) law: RecordLaw,
    pub(super) post: Arc<Post>,
    pub(super) dice: Dice,
}

impl Pen {
    pub(super) fn new(writer: ByteWriter, law: RecordLaw, post: &Arc<Post>, dice: Dice) -> Self {
        Self { writer, number: 0, next: 0, law, post: Arc::clone(post), dice }
    }

    /// Makes the record with this number.
    pub(super) fn record(&self, number: u64) -> Vec<u8> {
        let mut record = self.law.record(number);
        if number >= PLANTED_AT
            && self.post.run.is_planted(Planted::WrongRecord)
            && let Some(byte) = record.last_mut()
        {
            *byte ^= 1;
        }
        record
    }

    /// Books the next record, which was claimed with so many bytes.
    pub(super) fn published(&mut self, position: Sequence, claimed: usize) {
        let (due, number) = (self.place(claimed), self.number);
        self.post.check(position.get() == due, || {
            format!("record {number} is at {position} instead of {due}")
        });
        self.add(claimed);
    }

    /// Books the next record wherever it must be.
    pub(super) fn add(&mut self, claimed: usize) {
        self.next = self.place(claimed) + span(self.law.len(self.number));
        self.number += 1;
    }

    /// Returns where the next record must be, if it is claimed with so many bytes.
    fn place(&self, claimed: usize) -> u64 {
        place(self.next, claimed, self.writer.capacity() as u64)
    }

    /// Returns how long to wait where there is a time limit.
    pub(super) fn briefly(&mut self) -> Duration {
        Duration::from_micros(self.dice.roll(1000))
    }

    /// A record that was refused.
    pub(super) fn refused(&self, error: TryRecordError) -> Full {
        self.post.check(error.is_full(), || error.to_string());
        Full
    }

    /// A record that was refused because its time was up.
    pub(super) fn too_late(&self, error: &RecordTimeoutError) -> Full {
        self.post.check(error.is_timeout(), || error.to_string());
        Full
    }

    /// Publishes once, in some way.
    pub(super) fn step(&mut self, ways: &[Way]) -> Result<(), Full> {
        let (name, publish) = *self.dice.pick(ways);
        self.post.doing(name);
        let before = self.number;
        let went = publish(self);
        let (cursor, next) = (self.writer.cursor().get(), self.next);
        self.post.check(cursor == next, || format!("the cursor is {cursor}, where {next} is due"));
        self.post.run.totals.records_published.add(self.number - before);
        went
    }
}
