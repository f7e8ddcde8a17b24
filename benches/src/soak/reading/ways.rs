//! The ways to read, and those that read one event at a time.

use std::time::Duration;

use broadring::{ReadTimeoutError, Reader, TryReadError};

use super::account::Account;
use super::{batches, rough};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;

/// What came of a read: perhaps there are more events, or why there was none.
pub(in crate::soak) type Step = Result<(), TryReadError>;

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
    ];
    ways.extend(batches::all());
    ways.extend(rough::all());
    ways
}

/// Takes a read that has waited for some time for one that does not wait.
pub(in crate::soak) fn in_time(error: ReadTimeoutError) -> TryReadError {
    match error {
        ReadTimeoutError::Timeout => TryReadError::Empty,
        ReadTimeoutError::Ended(end) => end.into(),
    }
}

/// How long a read with a limit waits.
pub(in crate::soak) fn briefly(dice: &mut Dice) -> Duration {
    Duration::from_micros(dice.roll(300))
}

/// Books the result of a read of one event.
pub(super) fn one<P: Payload>(
    account: &mut Account<P>,
    received: Result<P, impl Into<TryReadError>>,
) -> Step {
    match received {
        Ok(event) => {
            account.see_next(&event);
            Ok(())
        }
        Err(nothing) => {
            account.release(account.next());
            Err(nothing.into())
        }
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
    one(account, reader.recv_timeout(briefly(dice)).map_err(in_time))
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
        return Ok(());
    }
    match reader.try_recv() {
        Err(ended @ TryReadError::Ended(_)) => Err(ended),
        _ => account.post.blame("the iterator has ended, and the stream has not"),
    }
}
