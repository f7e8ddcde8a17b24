//! The writer of records: it publishes in every way, and then closes the ring.

mod claims;
mod copies;
mod pen;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::ByteWriter;

use self::pen::{Full, Pen, Way};
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Publishes until the round is over, and closes the ring.
pub(super) fn write<P: Payload>(
    writer: ByteWriter,
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    dice: Dice,
) {
    let records = &round.records;
    let mut pen = Pen::new(writer, records.law, post, dice);
    let ways: Vec<Way> = [copies::ways(), claims::ways()].concat();
    // The other writer may leave before, because an editor does.
    while !(round.is_due() || round.is_over()) {
        for _ in 0..pen.dice.roll(100) {
            if let Err(Full) = pen.step(&ways) {
                pen.post.run.totals.refusals.add(1);
                thread::yield_now();
            }
        }
        if pen.dice.one_in(3) {
            // So that readers find nothing, and sleep.
            pen.post.doing("rests");
            thread::sleep(Duration::from_micros(pen.dice.roll(800)));
        }
    }
    post.doing("closes the ring");
    let Pen { writer, number, next, mut dice, .. } = pen;
    records.published(number, next);
    if dice.one_in(2) {
        mishap::drop_by_panic(writer);
        post.run.totals.panics.add(1);
    } else {
        drop(writer);
    }
    post.check(records.ring.is_closed(), || "the writer is gone, but the ring is open".to_owned());
}
