//! A manager: it comes and goes with groups of managed threads, which end in every way there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use broadring::managed::{Fate, Group, Handler, JoinError, ManagedThread, ThreadBuilder};
use broadring::{End, Reader, Sequence, Upstream};

use super::Account;
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// A handler that keeps an account.
struct Bookkeeper<P> {
    account: Account<P>,
    /// Where it is done.
    done_at: u64,
    /// Where it panics.
    panics_at: u64,
    /// Whether somebody outside may stop it.
    may_be_stopped: Arc<AtomicBool>,
    _leaving: Leaving,
}

impl<P: Payload> Handler<P> for Bookkeeper<P> {
    type Output = u64;

    fn on_event(&mut self, event: &P, sequence: Sequence, _: bool) {
        self.account.see(sequence, event);
        self.account.release(sequence.get() + 1);
        if sequence.get() >= self.panics_at {
            mishap::happen();
        }
    }

    fn on_idle(&mut self) {
        self.account.post.step();
    }

    fn is_done(&self) -> bool {
        self.account.next() >= self.done_at
    }

    fn on_close(mut self, end: End) -> u64 {
        if end.is_stopped() {
            // ORDERING: Relaxed; stopping a thread orders it.
            let may_be = self.may_be_stopped.load(Ordering::Relaxed) || self.is_done();
            self.account.post.check(may_be, || "stopped, and nobody has asked it to".to_owned());
        } else {
            self.account.check_end(&end);
        }
        self.account.close();
        self.account.next()
    }
}

/// Comes and goes until the writer is gone.
pub(in crate::soak) fn manage<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    while !round.is_over() {
        shift(round, post, &mut dice);
    }
}

/// One group, from its beginning to its end.
fn shift<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) {
    let group = Group::new().grace(round.run.settings.patience);
    let may_be_stopped = Arc::new(AtomicBool::new(false));
    post.doing("spawns");
    let readers = join(round, post, dice).into_iter();
    let threads: Vec<_> =
        readers.map(|reader| spawn(reader, &group, &may_be_stopped, dice)).collect();
    post.run.totals.managed.add(threads.len() as u64);
    if dice.one_in(10) {
        // Nobody is started, and no handler is built.
        drop(group);
        for thread in threads {
            let joined = thread.join();
            let never = joined.as_ref().is_err_and(|error| !error.is_panic());
            post.check(never, || format!("ran although the group was dropped: {joined:?}"));
        }
        return;
    }
    group.start();
    post.doing("lets them work");
    for _ in 0..dice.roll(40) {
        thread::sleep(Duration::from_millis(1));
        post.step();
    }
    // ORDERING: Relaxed; stopping a thread orders it.
    may_be_stopped.store(true, Ordering::Relaxed);
    threads.iter().filter(|_| dice.one_in(2)).for_each(ManagedThread::stop);
    post.doing("drains the group");
    if let Err(error) = group.drain(Duration::from_millis(dice.roll(50))) {
        let running = error.failures().iter().any(|failure| *failure.fate() == Fate::Running);
        post.check(!running, || error.to_string());
    }
    post.doing("joins the threads");
    for thread in threads {
        let finished = thread.is_finished();
        post.check(finished, || format!("drained, and not finished: {thread:?}"));
        let position = thread.position().get();
        match thread.join() {
            Ok(next) => {
                post.check(next == position, || format!("at {position}, but {next} is due"))
            }
            Err(error) => post.must(panicked(error, post)),
        }
    }
}

/// Joins the readers of a group. Some come after the one before.
fn join<P: Payload>(
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    dice: &mut Dice,
) -> Vec<(Reader<P>, Account<P>)> {
    let mut readers: Vec<(Reader<P>, Account<P>)> = Vec::new();
    for _ in 0..dice.within(1..4) {
        let mut builder = round.ring.reader().name("managed").wait(round.plan.wait(dice));
        if dice.one_in(2) {
            builder = builder.from_oldest();
        }
        let mut tracks = Vec::new();
        if let Some((upstream, account)) = readers.last()
            && dice.one_in(3)
        {
            let after = builder.after(upstream);
            builder = after.unwrap_or_else(|error| post.blame(error.to_string()));
            tracks.push(Arc::clone(account.track()));
        }
        let reader = builder.subscribe().unwrap_or_else(|error| post.blame(error.to_string()));
        let own_post = round.board.post(&round.run, "managed");
        own_post.doing("handles events");
        let account = Account::open(round, &own_post, &reader, tracks);
        // It is told to from outside.
        account.leaves();
        readers.push((reader, account));
    }
    post.run.totals.joins.add(readers.len() as u64);
    readers
}

/// Gives a reader a thread, which waits for the group.
fn spawn<P: Payload>(
    (reader, account): (Reader<P>, Account<P>),
    group: &Group,
    may_be_stopped: &Arc<AtomicBool>,
    dice: &mut Dice,
) -> ManagedThread<P, u64> {
    let post = Arc::clone(&account.post);
    let next = account.next();
    let far = |dice: &mut Dice| if dice.one_in(3) { next + dice.roll(2000) } else { u64::MAX };
    let (done_at, panics_at) = (far(dice), far(dice));
    let may_be_stopped = Arc::clone(may_be_stopped);
    let leaving = Leaving(Arc::clone(&post));
    let (round, track) = (Arc::clone(&account.round), Arc::clone(account.track()));
    let bookkeeper = Bookkeeper { account, done_at, panics_at, may_be_stopped, _leaving: leaving };
    let thread = ThreadBuilder::new(reader)
        .idle_after(Duration::from_millis(dice.within(1..20)))
        .group(group)
        .spawn_with(move || bookkeeper);
    let thread = thread.unwrap_or_else(|error| post.blame(error.to_string()));
    round.offers.add(Upstream::from(&thread), track);
    thread
}

/// Notes on the post that nothing more is expected, when the handler is gone, whatever has become
/// of it.
struct Leaving(Arc<Post>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A panic of a managed thread must have been one on purpose, or one that was reported.
pub(in crate::soak) fn panicked(error: JoinError, post: &Post) -> Result<(), String> {
    let never = error.to_string();
    match error.into_panic() {
        Some(payload) if mishap::is_mishap(&*payload) => {
            post.run.totals.panics.add(1);
            Ok(())
        }
        Some(_) if post.run.faults.any() => Ok(()),
        // It was stopped in time.
        None => Err(format!("the group was started, but: {never}")),
        Some(payload) => Err(mishap::message(&*payload).to_owned()),
    }
}
