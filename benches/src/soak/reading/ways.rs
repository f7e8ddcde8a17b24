//! The ways to read that need nothing but a thread.

use std::ops::ControlFlow;
use std::time::Duration;

use broadring::{Batch, End, ReadTimeoutError, Reader, TryReadError};

use super::account::Account;
use super::rough;
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;

/// What came of a read.
pub(in crate::soak) enum Step {
    /// Perhaps there are more events.
    Read,
    /// There was nothing to read.
    Nothing,
    /// Nothing more will come.
    Ended(End),
}

/// Who can read in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::soak) enum Waits {
    /// Also who must not wait.
    Never,
    /// Also who spins, because the wait has a limit.
    Briefly,
    /// Only who can sleep.
    Always,
}

/// A way to read at most so many events.
pub(in crate::soak) struct Way<P: Payload> {
    pub(in crate::soak) name: &'static str,
    pub(in crate::soak) waits: Waits,
    pub(in crate::soak) read: fn(&mut Reader<P>, &mut Account<P>, &mut Dice, u64) -> Step,
}

/// Returns every way to read.
pub(in crate::soak) fn all<P: Payload>() -> Vec<Way<P>> {
    use Waits::{Always, Briefly, Never};
    let way = |name, waits, read| Way { name, waits, read };
    let mut ways = vec![
        way("recv", Always, recv),
        way("try_recv", Never, try_recv),
        way("recv_timeout", Briefly, recv_timeout),
        way("iter", Always, iter),
        way("wait_batch", Always, wait_batch),
        way("try_batch", Never, try_batch),
        way("batch_timeout", Briefly, batch_timeout),
        way("run_until", Always, run_until),
        way("a batch of none", Never, empty_batch),
    ];
    ways.extend(rough::all());
    ways
}

impl From<TryReadError> for Step {
    fn from(error: TryReadError) -> Self {
        match error {
            TryReadError::Empty => Self::Nothing,
            TryReadError::Ended(end) => Self::Ended(end),
        }
    }
}

impl From<ReadTimeoutError> for Step {
    fn from(error: ReadTimeoutError) -> Self {
        match error {
            ReadTimeoutError::Timeout => Self::Nothing,
            ReadTimeoutError::Ended(end) => Self::Ended(end),
        }
    }
}

/// How long a read with a limit waits.
fn briefly(dice: &mut Dice) -> Duration {
    Duration::from_micros(dice.roll(300))
}

/// A limit for a batch: often a small one.
pub(super) fn limit(dice: &mut Dice, most: u64) -> usize {
    let small = dice.roll(20) + 1;
    if dice.one_in(4) { most as usize } else { small.min(most) as usize }
}

/// Books the result of a read of one event.
fn one<P: Payload>(account: &mut Account<P>, received: Result<P, impl Into<Step>>) -> Step {
    match received {
        Ok(event) => {
            account.see_next(&event);
            Step::Read
        }
        Err(nothing) => {
            account.release(account.next());
            nothing.into()
        }
    }
}

impl From<End> for Step {
    fn from(end: End) -> Self {
        Self::Ended(end)
    }
}

fn recv<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    _: &mut Dice,
    _: u64,
) -> Step {
    account.release(account.next() + 1);
    one(account, reader.recv())
}

fn try_recv<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    _: &mut Dice,
    _: u64,
) -> Step {
    account.release(account.next() + 1);
    one(account, reader.try_recv())
}

fn recv_timeout<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    _: u64,
) -> Step {
    account.release(account.next() + 1);
    one(account, reader.recv_timeout(briefly(dice)))
}

fn iter<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    let events = most.min(dice.roll(20) + 1) as usize;
    // Each event is committed before the iterator yields it.
    account.release(account.next() + events as u64);
    let received = reader.iter().take(events).inspect(|event| account.see_next(event)).count();
    account.release(account.next());
    if received == events {
        return Step::Read;
    }
    match reader.try_recv() {
        Err(TryReadError::Ended(end)) => Step::Ended(end),
        _ => account.post.blame("the iterator has ended, and the stream has not"),
    }
}

/// Reads a batch in one of several ways, and lets it commit itself.
fn whole<P: Payload>(batch: Batch<'_, P>, account: &mut Account<P>, dice: &mut Dice) -> Step {
    let end = batch.sequences().end.get();
    match dice.roll(4) {
        0 => {
            // It commits on the way, each time everything that was given to the closure.
            batch.for_each(|event, sequence| {
                account.see(sequence, event);
                account.release(sequence.get() + 1);
            });
            return Step::Read;
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
    Step::Read
}

fn wait_batch<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    match reader.wait_batch_up_to(limit(dice, most)) {
        Ok(batch) => whole(batch, account, dice),
        Err(end) => Step::Ended(end),
    }
}

fn try_batch<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    match reader.try_batch_up_to(limit(dice, most)) {
        Ok(batch) => whole(batch, account, dice),
        Err(nothing) => nothing.into(),
    }
}

fn batch_timeout<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    dice: &mut Dice,
    most: u64,
) -> Step {
    match reader.batch_timeout_up_to(limit(dice, most), briefly(dice)) {
        Ok(batch) => whole(batch, account, dice),
        Err(nothing) => nothing.into(),
    }
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
    match found {
        Ok(sequence) => {
            let next = account.next();
            account.post.check(sequence + 1 == next.into(), || format!("found {sequence}"));
            Step::Read
        }
        Err(end) => Step::Ended(end),
    }
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
    Step::Nothing
}
