//! The writer's half: it reads lines straight into the slots.

use broadring::{Slowest, Writer};

use crate::input::Input;
use crate::order::Order;
use crate::progress::Progress;
use crate::record::Record;
use crate::waits::Waits;

/// What the writer has counted.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) order: Order,
    /// How often the ring was full when the next record was due, and for how long.
    pub(crate) waits: Waits,
    /// The reader that was furthest behind when the last record was published.
    pub(crate) slowest: Option<Slowest>,
}

/// Publishes every line of the input. Returning drops the writer, also with an
/// error: that ends the stream for the readers, once they have read what is left.
pub(crate) fn publish(
    mut writer: Writer<Record>,
    mut input: Input,
    progress: &Progress,
) -> anyhow::Result<Published> {
    let mut published = Published::default();
    loop {
        let full = writer.remaining_capacity() == 0;
        let mut claim = published.waits.measure(full, || writer.claim(1))?;

        // The slot is ours until it is published. If there is no further line, or
        // reading fails, the claim is dropped, and no reader ever sees the slot.
        let sequence = claim.first_sequence();
        let record = &mut claim[0];
        record.clear();
        if !input.read_line(&mut record.bytes)? {
            drop(claim);
            published.slowest = writer.slowest();
            return Ok(published);
        }
        record.number = sequence.get() + 1;

        published.records += 1;
        published.bytes += record.bytes.len() as u64;
        published.order.note(sequence, record);
        claim.publish();
        progress.published(published.records, published.bytes);
    }
}
