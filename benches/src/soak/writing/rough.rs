//! The ways to publish in which something goes wrong: panics, and claims that are given up.

use std::mem;

use super::{Pen, Refusal, Way, claims};
use crate::soak::mishap;
use crate::soak::payload::Payload;

/// Returns the ways.
pub(super) fn ways<P: Payload>() -> Vec<Way<P>> {
    vec![
        ("publishes the first of a claim", publish_first),
        ("drops a claim", drop_claim),
        ("forgets a claim", forget_claim),
        ("claims too much", claim_too_much),
        ("publish_with, and the closure panics", write_panics),
        ("publish_all, and the iterator panics", iterator_panics),
        ("panics with a claim", panic_with_claim),
        ("publish, and the drop of the old event panics", drop_panics),
    ]
}

/// Claims some slots if they are free, writes them, and does something with them.
fn with_claim<P: Payload>(
    pen: &mut Pen<P>,
    then: impl FnOnce(&mut crate::soak::dice::Dice, broadring::Claim<'_, P>) -> u64,
) -> Result<(), Refusal> {
    let len = pen.run() as usize;
    let Pen { writer, next, round, dice, .. } = pen;
    let claimed = writer.try_claim(len).map(|mut claim| {
        claims::write(round, *next, &mut claim);
        then(dice, claim)
    });
    let published = claimed.map_err(|error| pen.no_claim(&error))?;
    pen.next += published;
    Ok(())
}

fn publish_first<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    with_claim(pen, |dice, claim| {
        let first = dice.roll(claim.len() as u64 + 1);
        let published = claim.publish_first(first as usize);
        published.end - published.start
    })
}

fn drop_claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    with_claim(pen, |_, claim| {
        drop(claim);
        0
    })
}

#[expect(clippy::forget_non_drop, reason = "one day it may have a destructor")]
fn forget_claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    with_claim(pen, |_, claim| {
        mem::forget(claim);
        0
    })
}

fn panic_with_claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    pen.post.run.totals.panics.add(1);
    with_claim(pen, |_, claim| {
        mishap::drop_by_panic(claim);
        0
    })
}

fn claim_too_much<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let capacity = pen.writer.capacity();
    let refused = match pen.writer.claim(capacity + 1) {
        Ok(claim) => pen.post.blame(format!("claimed {} slots of {capacity}", claim.len())),
        Err(error) => error,
    };
    pen.post.check(refused.capacity() == capacity, || refused.to_string());
    let none = pen.writer.claim_up_to(0).map(|claim| claim.publish());
    pen.post.check(none.is_ok_and(|none| none.is_empty()), || "claimed none, got some".to_owned());
    Ok(())
}

fn write_panics<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let refused = mishap::caught(|| {
        pen.writer.try_publish_with(|slot: &mut P| {
            slot.write(0);
            mishap::happen();
        })
    });
    match refused {
        // Nothing is published, and the slot is written again.
        None => {
            pen.post.run.totals.panics.add(1);
            Ok(())
        }
        Some(refused) => match refused.map_err(|error| error.editor_left().is_some()) {
            Ok(sequence) => pen.post.blame(format!("published {sequence} in spite of a panic")),
            Err(left) => Err(pen.refused(left)),
        },
    }
}

fn iterator_panics<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let run = pen.run();
    let panics_at = pen.next + pen.dice.roll(run);
    let round = &pen.round;
    let events = (pen.next..pen.next + run).map(|sequence| {
        if sequence == panics_at {
            mishap::happen();
        }
        round.event(sequence)
    });
    let writer = &mut pen.writer;
    let published = mishap::caught(|| writer.publish_all(events));
    pen.post.check(published.is_none(), || "the iterator did not panic".to_owned());
    pen.post.run.totals.panics.add(1);
    // Everything that it has yielded is published.
    pen.next = panics_at;
    Ok(())
}

fn drop_panics<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    if !mem::needs_drop::<P>() || pen.round.plan.leaver.is_some() {
        // In a ring that breaks, it might be the new event that is dropped.
        return Ok(());
    }
    let event = pen.event();
    let published = mishap::caught_in_drop(|| pen.writer.publish(event));
    pen.post.check(published.is_none(), || "the drop of the old event did not panic".to_owned());
    pen.post.run.totals.panics.add(1);
    // The new event is published all the same.
    pen.next += 1;
    Ok(())
}
