//! Who works at the ring of records.

use std::sync::Arc;
use std::thread::JoinHandle;

use broadring::ByteWriter;

use super::{guest, regular, writing};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::round::Round;

/// Hires everybody who is in the plan. The regulars join before the first record.
pub(in crate::soak) fn hire<P: Payload>(
    round: &Arc<Round<P>>,
    writer: ByteWriter,
    dice: &mut Dice,
) -> Vec<JoinHandle<()>> {
    let plan = &round.plan;
    let mut workers = Vec::new();
    for _ in 0..plan.record_regulars {
        let builder = round.records.ring.reader().name("regular").wait(plan.wait(dice));
        let reader = builder.subscribe().expect("there is room for the first readers");
        let own = dice.child();
        workers.push(round.hire("record regular", |round, post| {
            regular::regular(reader, &round.records, post, own);
        }));
    }
    let own = dice.child();
    workers.push(round.hire("record writer", |round, post| {
        writing::write(writer, round, post, own);
    }));
    for _ in 0..plan.record_guests {
        let own = dice.child();
        workers.push(round.hire("record guest", |round, post| guest::guest(round, post, own)));
    }
    workers
}
