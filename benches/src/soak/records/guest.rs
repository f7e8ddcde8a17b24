//! A guest at the records: a reader that joins, reads for a while, alone, with a clone or with a
//! reader that comes after it, and leaves, again and again.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{ByteReader, ByteReaderBuilder, End};

use super::account::RecordAccount;
use super::reading::RecordHabits;
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::reading::{Track, Waits};
use crate::soak::round::Round;

/// A reader and its books.
type Guest = (ByteReader, RecordAccount);

/// Comes and goes until the writer is gone.
pub(super) fn guest<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    while !round.records.is_over() {
        visit(round, post, &mut dice);
        if dice.one_in(4) {
            post.doing("stays away");
            thread::sleep(Duration::from_micros(dice.roll(3000)));
        }
    }
}

fn visit<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) {
    let wait = round.plan.wait(dice);
    let builder = || round.records.ring.reader().name("guest").wait(wait);
    match dice.roll(5) {
        0 => {
            let first = join(builder(), round, post, Vec::new());
            let clone = clone(&first);
            by_turns([first, clone], dice);
        }
        1 => {
            let (first, second) = pair(builder, round, post);
            by_turns([first, second], dice);
        }
        2 => {
            let (first, second) = pair(builder, round, post);
            on_threads(first, second, round, dice);
        }
        3 => evictable(builder(), round, post, dice),
        _ => {
            let first = join(builder(), round, post, Vec::new());
            let guest = stay(first, Waits::Always, dice);
            leave(guest, dice);
        }
    }
}

/// Joins, and checks that the reader is there.
pub(in crate::soak) fn join<P: Payload>(
    builder: ByteReaderBuilder,
    round: &Round<P>,
    post: &Arc<Post>,
    upstreams: Vec<Arc<Track>>,
) -> Guest {
    post.doing("joins");
    let before = round.records.ring.cursor();
    let reader = builder.subscribe().unwrap_or_else(|error| post.blame(error.to_string()));
    let (at, after) = (reader.position(), round.records.ring.cursor());
    post.check((before..=after).contains(&at), || {
        format!("joins at {at}, while the cursor goes from {before} to {after}")
    });
    post.run.totals.joins.add(1);
    let account = RecordAccount::open(&round.records, post, &reader, upstreams);
    (reader, account)
}

/// A reader that was cloned, and its clone.
fn clone((reader, account): &Guest) -> Guest {
    account.post.doing("clones itself");
    account.post.run.totals.clones.add(1);
    let cloned = reader.try_clone();
    let clone = cloned.unwrap_or_else(|error| account.post.blame(error.to_string()));
    let account = account.of_clone(&clone);
    (clone, account)
}

/// A reader, and one that comes after it.
fn pair<P: Payload>(
    builder: impl Fn() -> ByteReaderBuilder,
    round: &Round<P>,
    post: &Arc<Post>,
) -> (Guest, Guest) {
    let first = join(builder(), round, post, Vec::new());
    let after = builder().after(&first.0);
    let after = after.unwrap_or_else(|error| post.blame(error.to_string()));
    let second = join(after, round, post, vec![Arc::clone(first.1.track())]);
    (first, second)
}

/// Reads for a while.
fn stay((mut reader, mut account): Guest, waits: Waits, dice: &mut Dice) -> Guest {
    let mut habits = RecordHabits::new(waits, dice.child());
    let end = habits.read(&mut reader, &mut account, dice.roll(1000));
    if end.is_some_and(|end| end.is_upstream_left()) {
        account.post.run.totals.orphans.add(1);
    }
    (reader, account)
}

/// Reads two readers by turns. Neither may wait, because the other one holds the writer back, or
/// comes after it.
fn by_turns(mut guests: [Guest; 2], dice: &mut Dice) {
    let mut habits = RecordHabits::new(Waits::Never, dice.child());
    for turn in 0..dice.roll(400) {
        let (reader, account) = &mut guests[turn as usize % 2];
        // Even if the stream has ended, which must then be so again and again.
        let _ = habits.step(reader, account);
        thread::yield_now();
    }
    guests.into_iter().for_each(|guest| leave(guest, dice));
}

/// Reads two readers on threads of their own, the second of which comes after the first.
fn on_threads<P: Payload>(first: Guest, second: Guest, round: &Arc<Round<P>>, dice: &mut Dice) {
    let post = Arc::clone(&second.1.post);
    let mut own = dice.child();
    let thread = round.hire("upstream", move |_, post| {
        let (reader, account) = first;
        let guest = stay((reader, account.moved_to(post)), Waits::Always, &mut own);
        leave(guest, &mut own);
    });
    let second = stay(second, Waits::Always, dice);
    leave(second, dice);
    post.doing("waits for its upstream");
    // As long as it makes progress, so does this thread.
    while !thread.is_finished() {
        post.step();
        thread::sleep(Duration::from_millis(1));
    }
    thread.join().expect("a worker catches its panics");
}

/// Reads with a reader that may be evicted, and then rejoins.
fn evictable<P: Payload>(
    builder: ByteReaderBuilder,
    round: &Round<P>,
    post: &Arc<Post>,
    dice: &mut Dice,
) {
    let builder = builder.evict_after(Duration::from_micros(dice.roll(3000)));
    let (mut reader, account) = join(builder, round, post, Vec::new());
    let mut account = account.evictable();
    let mut habits = RecordHabits::new(Waits::Always, dice.child());
    for _ in 0..dice.within(1..20) {
        match habits.read(&mut reader, &mut account, dice.roll(100)) {
            Some(End::Evicted(_)) => account.rejoin(&mut reader),
            Some(_) => break,
            None => {
                post.doing("sleeps");
                thread::sleep(Duration::from_micros(dice.roll(6000)));
            }
        }
    }
    leave((reader, account), dice);
}

/// Leaves, now and then after a skip, or by a panic.
fn leave((mut reader, mut account): Guest, dice: &mut Dice) {
    account.post.doing("leaves");
    account.leaves();
    match dice.roll(8) {
        0 => account.rejoin(&mut reader),
        1 => {
            mishap::drop_by_panic(reader);
            account.post.run.totals.panics.add(1);
        }
        _ => {}
    }
}
