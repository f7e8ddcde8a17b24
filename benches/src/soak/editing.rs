//! The editors of a round: each changes every event once, in every way, and checks what it is
//! given.

use std::mem;
use std::slice;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use broadring::{EditBatch, Editor, End, Sequence, TryReadError, WaitSet};
use futures::FutureExt;
use futures::executor::block_on;

use super::dice::Dice;
use super::mishap;
use super::payload::Payload;
use super::post::Post;
use super::reading::in_time;
use super::round::Round;

/// The books of an editor.
struct Desk<P> {
    round: Arc<Round<P>>,
    post: Arc<Post>,
    index: u64,
    /// The next event.
    next: u64,
    /// Events below this may be edited already: they were not passed on, and come again as they
    /// were left.
    touched: u64,
    /// When it leaves, if it does.
    leaves: Option<Instant>,
}

impl<P: Payload> Desk<P> {
    /// Edits an event, which must be the next one, and as the editor before has left it.
    fn edit(&mut self, sequence: Sequence, event: &mut P) {
        let sequence = sequence.get();
        let (next, index) = (self.next, self.index);
        self.post.check(sequence == next, || format!("got {sequence}, where {next} is due"));
        let law = &self.round.law;
        let again = sequence < self.touched;
        if !again || law.check_edited(sequence, event, index + 1).is_err() {
            self.post.must(law.check_edited(sequence, event, index));
        }
        event.write(law.word(sequence, index + 1));
        self.next += 1;
        self.touched = self.touched.max(self.next);
        self.post.step();
    }

    /// Edits a whole batch.
    fn edit_all(&mut self, batch: &mut EditBatch<'_, P>) {
        batch.iter_mut().for_each(|(sequence, event)| self.edit(sequence, event));
    }

    fn is_leaving(&self) -> bool {
        self.leaves.is_some_and(|leaves| Instant::now() >= leaves)
    }

    /// Checks how the stream has ended.
    fn check_end(&self, end: &End) {
        let (next, index) = (self.next, self.index);
        let checked = match end {
            End::UpstreamLeft(left) => {
                let before = self.round.plan.leaver.is_some_and(|it| (it as u64) < index);
                let right = before && left.position().get() == next;
                if right { Ok(()) } else { Err(format!("is at {next}, but: {end}")) }
            }
            _ => self.round.check_end(end, next, 0),
        };
        self.post.must(checked);
    }
}

/// Edits until the end of the stream, or until it leaves.
pub(super) fn edit<P: Payload>(
    mut editor: Editor<P>,
    index: usize,
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    mut dice: Dice,
) {
    editor.set_wait(round.plan.wait(&mut dice));
    let early = round.plan.length.mul_f64(dice.roll(100) as f64 / 100.0);
    let leaves = (round.plan.leaver == Some(index)).then(|| round.end - early);
    let (round, post) = (Arc::clone(round), Arc::clone(post));
    let first = round.plan.first;
    let index = index as u64;
    let mut desk = Desk { round, post, index, next: first, touched: first, leaves };
    while !desk.is_leaving() {
        let before = desk.next;
        let end = step(&mut editor, &mut desk, &mut dice);
        let (position, next) = (editor.position().get(), desk.next);
        desk.post.check(position == next, || format!("is at {position}, where {next} is due"));
        desk.post.run.totals.edited.add(next - before);
        if let Some(end) = end {
            return desk.check_end(&end);
        }
        if dice.one_in(100) {
            thread::sleep(Duration::from_micros(dice.roll(500)));
        }
    }
    desk.post.doing("leaves early");
    if dice.one_in(2) {
        mishap::drop_by_panic(editor);
        desk.post.run.totals.panics.add(1);
    }
}

/// Edits once, in some way. Returns how the stream has ended, if it has.
fn step<P: Payload>(editor: &mut Editor<P>, desk: &mut Desk<P>, dice: &mut Dice) -> Option<End> {
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
