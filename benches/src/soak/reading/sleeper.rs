//! A sleeper: an evictable reader that now and then does not return to read for too long, and then
//! rejoins.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{End, TryReadError};

use super::{Account, Habits, Waits};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Comes and goes until the writer is gone.
pub(in crate::soak) fn sleeper<P: Payload>(
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    mut dice: Dice,
) {
    while !round.is_over() {
        visit(round, post, &mut dice);
    }
}

fn visit<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) {
    post.doing("joins");
    let patience = Duration::from_micros(dice.roll(3000));
    let builder = round.ring.reader().name("sleeper").wait(round.plan.wait(dice));
    let reader = builder.evict_after(patience).subscribe();
    let mut reader = reader.unwrap_or_else(|error| post.blame(error.to_string()));
    post.run.totals.joins.add(1);
    let mut account = Account::open(round, post, &reader, Vec::new()).evictable();
    account.offer(&reader);
    let mut habits = Habits::new(Waits::Always, dice.child());
    for _ in 0..dice.within(100..3000) {
        match habits.step(&mut reader, &mut account, u64::MAX) {
            Ok(()) => {}
            Err(TryReadError::Empty) => thread::yield_now(),
            Err(TryReadError::Ended(End::Evicted(evicted))) => {
                let before = account.next();
                account.rejoin(&mut reader);
                let missed = account.next() - before;
                post.check(missed >= evicted.missed(), || {
                    format!("has missed {} and then only {missed}", evicted.missed())
                });
                post.run.totals.missed.add(missed);
            }
            Err(TryReadError::Ended(_)) => break,
        }
        if dice.one_in(40) {
            post.doing("sleeps");
            thread::sleep(Duration::from_micros(dice.roll(6000)));
        }
        if dice.one_in(500) {
            // The clone is evictable too. If the original was evicted, so was the clone.
            account.goes_on_as_clone(&mut reader);
        }
    }
    account.close();
}
