//! The ways to read a batch, or as much as there is.

use std::ops::ControlFlow;

use broadring::{Batch, Reader, TryReadError};

use super::account::Account;
use super::ways::{Step, Waits, Way, briefly, in_time};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;

/// Returns the ways.
pub(super) fn all<P: Payload>() -> Vec<Way<P>> {
    use Waits::{Always, Briefly, Never};
    let way = |name, waits, read| Way { name, waits, read };
    vec![
        way("wait_batch", Always, wait_batch),
        way("try_batch", Never, try_batch),
        way("batch_timeout", Briefly, batch_timeout),
        way("run_until", Always, run_until),
        way("a batch of none", Never, empty_batch),
    ]
}

/// A limit for a batch: often a small one.
pub(super) fn limit(dice: &mut Dice, most: u64) -> usize {
    let small = dice.roll(20) + 1;
    if dice.one_in(4) { most as usize } else { small.min(most) as usize }
}

/// Reads a batch in one of several ways, and lets it commit itself.
fn whole<P: Payload>(batch: Batch<'_, P>, account: &mut Account<P>, dice: &mut Dice) {
    let end = batch.sequences().end.get();
    match dice.roll(4) {
        0 => {
            // It commits on the way, each time everything that was given to the closure.
            batch.for_each(|event, sequence| {
                account.see(sequence, event);
                account.release(sequence.get() + 1);
            });
            return;
        }
        1 => batch.iter().for_each(|(sequence, event)| account.see(sequence, event)),
        2 => {
            for index in 0..batch.len() {
                account.see(batch.sequences().start + index as u64, &batch[index]);
            }
        }
        _ => {
            let ends = [batch.first(), batch.last()].map(|end| end.map(|(sequence, _)| sequence));
            let due = (end > account.next()).then(|| [account.next().into(), (end - 1).into()]);
            let right = ends == due.map_or([None; 2], |due| due.map(Some));
            account.post.check(right, || format!("the batch up to {end} has the ends {ends:?}"));
            batch.events().for_each(|event| account.see_next(event));
        }
    }
    account.release(end);
}

fn wait_batch<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.wait_batch_up_to(limit(dice, most))?;
    whole(batch, account, dice);
    Ok(())
}

fn try_batch<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.try_batch_up_to(limit(dice, most))?;
    whole(batch, account, dice);
    Ok(())
}

fn batch_timeout<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.batch_timeout_up_to(limit(dice, most), briefly(dice));
    whole(batch.map_err(in_time)?, account, dice);
    Ok(())
}

fn run_until<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let last = account.next() + limit(dice, most) as u64;
    let found = reader.run_until(|event, sequence, end_of_batch| {
        account.see(sequence, event);
        account.release(sequence.get() + 1);
        if end_of_batch || account.next() == last {
            return ControlFlow::Break(sequence);
        }
        ControlFlow::Continue(())
    });
    let (sequence, next) = (found?, account.next());
    account.post.check(sequence + 1 == next.into(), || format!("found {sequence}"));
    Ok(())
}

fn empty_batch<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    _: &mut Dice,
    _: u64,
) -> Step {
    match reader.try_batch_up_to(0) {
        Ok(batch) => account.post.check(batch.is_empty(), || "an event too many".to_owned()),
        Err(error) => account.post.blame(error.to_string()),
    }
    Err(TryReadError::Empty)
}
