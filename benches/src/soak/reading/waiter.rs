//! A waiter: one thread that waits for several readers at once, of both rings of a round, and reads
//! what is ready.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broadring::{ByteReader, Reader, TryReadError, WaitSet, Waitable};
use futures::FutureExt;
use futures::executor::block_on;

use super::follower::come_after_some;
use super::joining::join;
use super::{Account, Habits, Step, Waits};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::records::{RecordAccount, RecordHabits, join_records};
use crate::soak::round::Round;

/// A reader that is waited for, and its books.
trait Seat {
    fn handle(&self) -> &dyn Waitable;

    /// Looks whether there is something to read, or the end, and reads nothing.
    fn look(&mut self) -> Step;

    /// Reads once.
    fn read(&mut self) -> Step;

    /// Announces that the reader may leave, and closes its account.
    fn close(&mut self);
}

struct EventSeat<P: Payload> {
    reader: Reader<P>,
    account: Account<P>,
    habits: Habits<P>,
}

impl<P: Payload> Seat for EventSeat<P> {
    fn handle(&self) -> &dyn Waitable {
        &self.reader
    }

    fn look(&mut self) -> Step {
        self.reader.try_batch().map(mem::forget)
    }

    fn read(&mut self) -> Step {
        self.habits.step(&mut self.reader, &mut self.account, u64::MAX)
    }

    fn close(&mut self) {
        self.account.leaves();
        self.account.close();
    }
}

struct RecordSeat {
    reader: ByteReader,
    account: RecordAccount,
    habits: RecordHabits,
}

impl Seat for RecordSeat {
    fn handle(&self) -> &dyn Waitable {
        &self.reader
    }

    fn look(&mut self) -> Step {
        self.reader.try_batch().map(mem::forget)
    }

    fn read(&mut self) -> Step {
        self.habits.step(&mut self.reader, &mut self.account)
    }

    fn close(&mut self) {
        self.account.leaves();
    }
}

/// Comes and goes until the writer is gone.
pub(in crate::soak) fn wait<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    while !round.is_over() {
        visit(round, post, &mut dice);
    }
}

fn visit<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) {
    let mut seats = take_seats(round, post, dice);
    let mut set = WaitSet::new().strategy(round.plan.wait(dice));
    let waits = if round.plan.calm { u64::MAX } else { dice.roll(2000) };
    for _ in 0..waits {
        if seats.is_empty() {
            return;
        }
        // The first handle that is ready comes back: it is not always the same one.
        let first = dice.roll(seats.len() as u64) as usize;
        seats.swap(0, first);
        let handles: Vec<_> = seats.iter().map(|seat| seat.handle()).collect();
        let Some(ready) = wait_once(&mut set, &handles, round.plan.calm, post, dice) else {
            continue;
        };
        post.run.totals.set_waits.add(1);
        let looked = seats[ready].look();
        post.check(looked != Err(TryReadError::Empty), || format!("seat {ready} is not ready"));
        if dice.one_in(2) {
            read(&mut seats, ready);
        } else {
            (0..seats.len()).rev().for_each(|seat| read(&mut seats, seat));
        }
    }
    post.doing("leaves");
    seats.iter_mut().for_each(|seat| seat.close());
}

/// Reads once at a seat, which is given up at the end of its stream.
fn read(seats: &mut Vec<Box<dyn Seat>>, seat: usize) {
    if let Err(TryReadError::Ended(_)) = seats[seat].read() {
        seats.swap_remove(seat).close();
    }
}

/// Joins with several readers: of one ring or of both. Some come after another one, which is here or
/// elsewhere.
fn take_seats<P: Payload>(
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    dice: &mut Dice,
) -> Vec<Box<dyn Seat>> {
    let (events, records) = *dice.pick(&[(1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (1, 1), (2, 2)]);
    let mut seats: Vec<Box<dyn Seat>> = Vec::new();
    for _ in 0..events {
        let builder = || round.ring.reader().name("waiter");
        let follows = dice.one_in(2).then(|| come_after_some(builder(), round, post, dice));
        let (builder, tracks) = follows.flatten().unwrap_or_else(|| (builder(), Vec::new()));
        let Some(reader) = join(builder, round, post, dice) else { continue };
        let leads = tracks.is_empty();
        let account = Account::open(round, post, &reader, tracks);
        if leads {
            account.offer(&reader);
        }
        let habits = Habits::new(Waits::Never, dice.child());
        seats.push(Box::new(EventSeat { reader, account, habits }));
    }
    for _ in 0..records {
        let builder = round.records.ring.reader().name("waiter");
        let (reader, account) = join_records(builder, round, post, Vec::new());
        let habits = RecordHabits::new(Waits::Never, dice.child());
        seats.push(Box::new(RecordSeat { reader, account, habits }));
    }
    seats
}

/// Waits once, in some way. In a calm round it only sleeps until it is woken.
fn wait_once(
    set: &mut WaitSet,
    handles: &[&dyn Waitable],
    calm: bool,
    post: &Post,
    dice: &mut Dice,
) -> Option<usize> {
    let timeout = Duration::from_micros(dice.roll(2000));
    match dice.roll(if calm { 2 } else { 5 }) {
        0 => {
            post.doing("wait of a wait set");
            Some(set.wait(handles))
        }
        1 => {
            post.doing("ready_async of a wait set");
            Some(block_on(set.ready_async(handles)))
        }
        2 => {
            post.doing("wait_timeout of a wait set");
            set.wait_timeout(handles, timeout)
        }
        3 => {
            post.doing("wait_deadline of a wait set");
            set.wait_deadline(handles, Instant::now() + timeout)
        }
        _ => {
            post.doing("ready_async of a wait set, polled once");
            let ready = set.ready_async(handles).now_or_never();
            post.run.totals.cancelled.add(u64::from(ready.is_none()));
            ready
        }
    }
}
