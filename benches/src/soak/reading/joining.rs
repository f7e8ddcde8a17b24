//! Where a reader joins: at the cursor, at the oldest event, or exactly at some sequence.

use std::ops::RangeInclusive;

use broadring::{NotRetained, Reader, ReaderBuilder, SubscribeError};

use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Joins somewhere, and checks that the reader is there. `None` if the event where it should start
/// is no longer there, or not yet.
pub(super) fn join<P: Payload>(
    builder: ReaderBuilder<P>,
    round: &Round<P>,
    post: &Post,
    dice: &mut Dice,
) -> Option<Reader<P>> {
    post.doing("joins");
    let (ring, capacity) = (&round.ring, round.ring.capacity() as u64);
    let before = ring.cursor().get();
    let oldest = before.saturating_sub(capacity).max(round.plan.first);
    let exactly = match dice.roll(3) {
        0 => before,
        _ => (oldest + dice.roll(capacity + 3)).saturating_sub(1),
    };
    let (joined, due) = match dice.roll(3) {
        0 => (builder.subscribe(), before..=u64::MAX),
        1 => (builder.from_oldest().subscribe(), oldest..=u64::MAX),
        _ => (builder.from(exactly).subscribe(), exactly..=exactly),
    };
    let after = ring.cursor().get();
    match joined {
        Ok(reader) => {
            let at = reader.position().get();
            post.check(due.contains(&at) && (oldest..=after).contains(&at), || {
                format!("joins at {at} instead of in {due:?}, with {oldest}..{after} in the ring")
            });
            post.run.totals.joins.add(1);
            Some(reader)
        }
        Err(SubscribeError::NotRetained(error)) if due == (exactly..=exactly) => {
            post.must(check_refusal(&error, exactly, oldest, before..=after));
            post.run.totals.refused_joins.add(1);
            None
        }
        Err(error) => post.blame(error.to_string()),
    }
}

/// Checks why a reader cannot start exactly at a sequence. Nothing from before `oldest` was in the
/// ring when it tried, and the cursor was somewhere in `cursors`.
fn check_refusal(
    error: &NotRetained,
    exactly: u64,
    oldest: u64,
    cursors: RangeInclusive<u64>,
) -> Result<(), String> {
    let (from, to) = (error.oldest().get(), error.cursor().get());
    let plausible = error.requested().get() == exactly
        && oldest <= from
        && from <= to
        && cursors.contains(&to)
        && !(from..=to).contains(&exactly);
    if plausible {
        return Ok(());
    }
    Err(format!(
        "should start at {exactly}, with {oldest}.. in the ring up to {cursors:?}: {error}"
    ))
}
