//! A guest: a reader that joins in some way, reads for a while, and leaves, again and again.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{Reader, Wait};

use super::joining::join;
use super::{Account, Habits, Waits};
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Comes and goes until the writer is gone.
pub(in crate::soak) fn guest<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    while !round.is_over() {
        visit(round, post, &mut dice);
        if dice.one_in(4) {
            post.doing("stays away");
            thread::sleep(Duration::from_micros(dice.roll(3000)));
        }
    }
}

fn visit<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) {
    // Who spins takes a core from the others: only for as long as a timeout says.
    let spins = dice.one_in(8);
    let wait = if spins { Wait::SPIN } else { round.plan.wait(dice) };
    let builder = round.ring.reader().name("guest").wait(wait);
    let Some(mut reader) = join(builder, round, post, dice) else { return };
    let mut account = Account::open(round, post, &reader, Vec::new());
    account.offer(&reader);
    let waits = if spins { Waits::Briefly } else { Waits::Always };
    let mut habits = Habits::new(waits, dice.child());

    let stay = account.next() + dice.roll(2000);
    let end = habits.read_until(&mut reader, &mut account, stay);
    account.leaves();
    if end.is_some() {
        return account.close();
    }
    match dice.roll(6) {
        0 => {
            // The clone goes on where the original stands, which leaves.
            account.goes_on_as_clone(&mut reader);
            habits.read_until(&mut reader, &mut account, stay + dice.roll(500));
        }
        1 => {
            let twin = account.clone_with(&reader);
            twins([(reader, account), twin], dice);
            return;
        }
        2 => {
            post.doing("skips ahead");
            account.rejoin(&mut reader);
            account.agree(&reader);
            habits.read_until(&mut reader, &mut account, stay + dice.roll(500));
        }
        3 => {
            // It leaves because of a panic that unwinds past it.
            post.doing("leaves by a panic");
            mishap::drop_by_panic(reader);
            post.run.totals.panics.add(1);
        }
        _ => {}
    }
    account.close();
}

/// Reads two readers by turns. Neither may wait, because the other one holds the writer back.
fn twins<P: Payload>(twins: [(Reader<P>, Account<P>); 2], dice: &mut Dice) {
    let mut habits = Habits::new(Waits::Never, dice.child());
    let mut twins = twins;
    for turn in 0..dice.roll(400) {
        let (reader, account) = &mut twins[turn as usize % 2];
        // Even if the stream has ended, which must then be so again and again.
        let _ = habits.step(reader, account, u64::MAX);
        thread::yield_now();
    }
    twins.iter_mut().for_each(|(_, account)| account.close());
}
