//! The ways to read in which something goes wrong: handlers that panic, batches that are forgotten.

use std::mem;
use std::ops::ControlFlow;

use broadring::Reader;

use super::account::Account;
use super::batches::limit;
use super::ways::{Step, Waits, Way};
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;

/// Returns the ways.
pub(super) fn all<P: Payload>() -> Vec<Way<P>> {
    let way = |name, read| Way { name, waits: Waits::Never, read };
    vec![
        way("a batch committed in part", commit_in_part),
        way("a batch forgotten", forget),
        way("a handler that breaks", handler_breaks),
        way("a handler that panics", handler_panics),
        way("a clone that panics", clone_panics),
        way("a batch dropped by a panic", panic_with_batch),
    ]
}

fn commit_in_part<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let mut batch = reader.try_batch_up_to(limit(dice, most))?;
    let take = dice.roll(batch.len() as u64 + 1);
    let mut last = None;
    for _ in 0..take {
        let (sequence, event) = batch.next_event().expect("no more are taken than there are");
        account.see(sequence, event);
        // The next call may commit it.
        account.release(sequence.get() + 1);
        last = Some(sequence);
    }
    if let Some(last) = last {
        batch.commit_through(last);
    }
    // The rest comes again.
    mem::forget(batch);
    Ok(())
}

fn forget<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.try_batch_up_to(limit(dice, most))?;
    let start = batch.sequences().start;
    batch.iter().for_each(|(sequence, event)| account.see(sequence, event));
    mem::forget(batch);
    account.comes_again(start);
    Ok(())
}

fn handler_breaks<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.try_batch_up_to(limit(dice, most))?;
    let last = account.next() + dice.roll(batch.len() as u64);
    // The event at which it breaks is read, and those after it come again.
    let flow = batch.try_for_each(|event, sequence| {
        account.see(sequence, event);
        account.release(sequence.get() + 1);
        if sequence.get() == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    account.post.check(flow.is_break(), || format!("the batch has ended before {last}"));
    Ok(())
}

fn handler_panics<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.try_batch_up_to(limit(dice, most))?;
    let last = account.next() + dice.roll(batch.len() as u64);
    let handled = mishap::caught(|| {
        batch.for_each(|event, sequence| {
            account.see(sequence, event);
            account.release(sequence.get() + 1);
            if sequence.get() == last {
                mishap::happen();
            }
        });
    });
    account.post.check(handled.is_none(), || format!("the handler was not given {last}"));
    account.post.run.totals.panics.add(1);
    Ok(())
}

fn clone_panics<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    _: &mut Dice,
    _: u64,
) -> Step {
    match mishap::caught_in_clone(|| reader.try_recv()) {
        // The event is not read.
        None => {
            account.post.run.totals.panics.add(1);
            Ok(())
        }
        Some(Err(nothing)) => Err(nothing),
        Some(Ok(_)) => account.post.blame("an event was received, and not cloned"),
    }
}

fn panic_with_batch<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let batch = reader.try_batch_up_to(limit(dice, most))?;
    batch.iter().for_each(|(sequence, event)| account.see(sequence, event));
    // All of it counts as read.
    account.release(account.next());
    mishap::drop_by_panic(batch);
    account.post.run.totals.panics.add(1);
    Ok(())
}
