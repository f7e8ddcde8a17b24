//! A regular: a reader that joins before the first event and reads to the end of the stream.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{Reader, TryReadError};

use super::{Account, Habits, Waits};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;
use crate::soak::run::Planted;

/// What a regular is given.
pub(in crate::soak) struct Regular<P> {
    pub(in crate::soak) reader: Reader<P>,
    pub(in crate::soak) dice: Dice,
}

/// Reads everything.
pub(in crate::soak) fn regular<P: Payload>(
    Regular { mut reader, mut dice }: Regular<P>,
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
) {
    let mut account = Account::open(round, post, &reader, Vec::new());
    account.offer(&reader);
    let mut habits = Habits::new(Waits::Always, dice.child());
    let end = loop {
        let next = account.next();
        if round.is_planted(Planted::LostEvent, next) {
            lose_one(&mut reader);
        }
        if round.is_planted(Planted::Hang, next) {
            post.doing("hangs on purpose");
            thread::sleep(Duration::from_secs(3600));
        }
        if let Err(TryReadError::Ended(end)) = habits.step(&mut reader, &mut account, u64::MAX) {
            break end;
        }
        if dice.one_in(5000) {
            post.doing("run");
            let end = reader.run(|event, sequence, _| {
                account.see(sequence, event);
                account.release(sequence.get() + 1);
            });
            account.check_end(&end);
            break end;
        }
        if dice.one_in(200) {
            thread::sleep(Duration::from_micros(dice.roll(500)));
        }
    };
    if !end.is_closed() {
        account.leaves();
    }
    account.close();
    let (first, next) = (account.first(), account.next());
    let (begin, last) = (round.plan.first, round.last());
    post.check((first, next) == (begin, last), || {
        format!("has {first}..{next} of {begin}..{last}")
    });
    let again = reader.try_recv().err().and_then(|error| error.end().cloned());
    post.check(again.as_ref() == Some(&end), || format!("{end}, and then: {again:?}"));
}

/// Reads an event, and tells nobody.
fn lose_one<P: Payload>(reader: &mut Reader<P>) {
    drop(reader.try_recv());
}
