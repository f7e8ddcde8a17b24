//! The ways to edit.

use std::mem;
use std::slice;
use std::thread;
use std::time::Duration;

use broadring::{EditBatch, Editor, End, TryReadError, WaitSet};
use futures::FutureExt;
use futures::executor::block_on;

use super::desk::Desk;
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::reading::in_time;

/// Edits once, in some way. Returns how the stream has ended, if it has.
pub(super) fn step<P: Payload>(
    editor: &mut Editor<P>,
    desk: &mut Desk<P>,
    dice: &mut Dice,
) -> Option<End> {
    let limit = dice.roll(20) as usize + 1;
    let timeout = Duration::from_micros(dice.roll(500));
    let waits_for_ever = desk.leaves.is_none();
    let batch = match dice.roll(8) {
        0 if waits_for_ever => {
            desk.post.doing("wait_batch");
            editor.wait_batch().map_err(TryReadError::from)
        }
        1 if waits_for_ever => {
            desk.post.doing("wait_batch_up_to");
            editor.wait_batch_up_to(limit).map_err(TryReadError::from)
        }
        2 => {
            desk.post.doing("try_batch_up_to");
            editor.try_batch_up_to(limit)
        }
        3 if waits_for_ever => {
            desk.post.doing("batch_async");
            block_on(editor.batch_async()).map_err(TryReadError::from)
        }
        4 => {
            desk.post.doing("batch_async, polled once");
            match editor.batch_async().now_or_never() {
                Some(batch) => batch.map_err(TryReadError::from),
                None => {
                    desk.post.run.totals.cancelled.add(1);
                    Err(TryReadError::Empty)
                }
            }
        }
        5 => {
            desk.post.doing("wait_timeout of a wait set");
            let ready = WaitSet::new().wait_timeout(slice::from_ref(&*editor), timeout);
            let batch = editor.try_batch();
            let empty = matches!(batch, Err(TryReadError::Empty));
            desk.post.check(ready.is_none() || !empty, || "is not ready".to_owned());
            batch
        }
        6 if waits_for_ever && dice.one_in(100) => {
            desk.post.doing("run");
            let end = editor.run(|event, sequence, _| desk.edit(sequence, event));
            return Some(end);
        }
        _ => {
            desk.post.doing("batch_timeout");
            editor.batch_timeout(timeout).map_err(in_time)
        }
    };
    match batch {
        Ok(batch) => edit_batch(batch, desk, dice),
        Err(TryReadError::Empty) => thread::yield_now(),
        Err(TryReadError::Ended(end)) => return Some(end),
    }
    None
}

/// Edits a batch in some way.
fn edit_batch<P: Payload>(mut batch: EditBatch<'_, P>, desk: &mut Desk<P>, dice: &mut Dice) {
    match dice.roll(8) {
        0 => {
            // What is forgotten comes again, as it was left.
            let start = desk.next;
            desk.edit_all(&mut batch);
            mem::forget(batch);
            desk.next = start;
        }
        1 => {
            let start = desk.next;
            desk.edit_all(&mut batch);
            mishap::drop_by_panic(batch);
            desk.post.run.totals.panics.add(1);
            desk.next = start;
        }
        2 => {
            // Only the event at which the closure panics comes again.
            let last = desk.next + dice.roll(batch.len() as u64);
            let after_it = dice.one_in(2);
            let caught = mishap::caught(|| {
                batch.for_each(|event, sequence| {
                    if after_it || sequence.get() < last {
                        desk.edit(sequence, event);
                    }
                    if sequence.get() == last {
                        mishap::happen();
                    }
                });
            });
            desk.post.check(caught.is_none(), || format!("the closure was not given {last}"));
            desk.post.run.totals.panics.add(1);
            desk.next = last;
        }
        3 => batch.for_each(|event, sequence| desk.edit(sequence, event)),
        4 => {
            for index in 0..batch.len() {
                let sequence = batch.sequences().start + index as u64;
                desk.edit(sequence, &mut batch[index]);
            }
        }
        _ => desk.edit_all(&mut batch),
    }
}
