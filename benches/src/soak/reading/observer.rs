//! An observer: it looks in every way, and what it has seen and missed adds up.

use std::mem;
use std::slice;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{End, Glimpse, Observer, TryReadError, WaitSet};
use futures::executor::block_on;

use super::in_time;
use super::lookout::watch;
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// The books of an observer.
pub(super) struct Sightings {
    pub(super) first: u64,
    pub(super) next: u64,
    pub(super) seen: u64,
    pub(super) missed: u64,
}

impl Sightings {
    /// Begins where the observer stands.
    pub(super) fn at(first: u64) -> Self {
        Self { first, next: first, seen: 0, missed: 0 }
    }

    /// Checks that everything was seen or missed, and adds it to the totals.
    pub(super) fn close(&self, post: &Post) {
        let &Self { first, next, seen, missed } = self;
        post.check(seen + missed == next - first, || {
            format!("{seen} seen and {missed} missed are not {first}..{next}")
        });
        post.run.totals.observed.add(seen);
        post.run.totals.missed.add(missed);
    }

    /// Checks what is in sight, and returns where the next look begins.
    fn look<P: Payload>(&mut self, round: &Round<P>, post: &Post, glimpse: &Glimpse<'_, P>) -> u64 {
        let (missed, sequences) = (glimpse.missed(), glimpse.sequences());
        let (start, end) = (sequences.start.get(), sequences.end.get());
        post.check(start == self.next + missed, || {
            format!("missed {missed} from {} on, and sees {start}..{end}", self.next)
        });
        for (sequence, event) in glimpse {
            post.must(round.law.check(sequence.get(), event));
        }
        self.missed += missed;
        self.seen += end - start;
        end
    }
}

/// Observes, perhaps several times, until the writer is gone.
pub(in crate::soak) fn observe<P: Payload>(
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    mut dice: Dice,
) {
    while !round.is_over() {
        post.doing("joins");
        let builder = round.ring.reader().name("observer").wait(round.plan.wait(&mut dice));
        let mut observer = builder.observe().unwrap_or_else(|error| post.blame(error.to_string()));
        post.run.totals.joins.add(1);
        let first = observer.position().get();
        if dice.one_in(4) {
            watch(observer, round, post, &mut dice);
            continue;
        }
        let mut sightings = Sightings::at(first);
        let looks = if round.plan.calm { u64::MAX } else { dice.within(10..500) };
        for _ in 0..looks {
            if let Some(end) = look(round, post, &mut observer, &mut sightings, &mut dice) {
                post.must(round.check_end(&end, sightings.next, first));
                break;
            }
            let (position, next) = (observer.position().get(), sightings.next);
            post.check(position == next, || format!("is at {position}, not at {next}"));
            if dice.one_in(20) && !round.plan.calm {
                post.doing("looks away");
                thread::sleep(Duration::from_micros(dice.roll(3000)));
            }
        }
        sightings.close(post);
    }
}

/// Looks once. Returns how the stream has ended, if it has.
fn look<P: Payload>(
    round: &Round<P>,
    post: &Post,
    observer: &mut Observer<P>,
    sightings: &mut Sightings,
    dice: &mut Dice,
) -> Option<End> {
    let timeout = Duration::from_micros(dice.roll(2000));
    let looked: Result<Glimpse<'_, P>, TryReadError> = match dice.roll(8) {
        0 => {
            post.doing("look");
            observer.look()
        }
        1 => {
            post.doing("look_up_to");
            observer.look_up_to(dice.roll(10) as usize)
        }
        2 => {
            post.doing("look_timeout");
            observer.look_timeout(timeout).map_err(in_time)
        }
        3 => {
            post.doing("look_async");
            block_on(observer.look_async()).map_err(TryReadError::from)
        }
        4 => {
            post.doing("wait of a wait set");
            WaitSet::new().wait(slice::from_ref(&*observer));
            let looked = observer.look();
            let empty = matches!(looked, Err(TryReadError::Empty));
            post.check(!empty, || "is not ready".to_owned());
            looked
        }
        5 => {
            post.doing("latest");
            latest(round, post, observer, sightings);
            Err(TryReadError::Empty)
        }
        _ => {
            post.doing("wait_look");
            observer.wait_look().map_err(TryReadError::from)
        }
    };
    match looked {
        Ok(glimpse) => {
            let end = sightings.look(round, post, &glimpse);
            if dice.one_in(50) {
                // The next look begins with the same events, and must come soon.
                let (start, len) = (glimpse.sequences().start.get(), glimpse.len() as u64);
                mem::forget(glimpse);
                sightings.next = start;
                sightings.seen -= len;
            } else {
                drop(glimpse);
                sightings.next = end;
            }
        }
        Err(TryReadError::Empty) => thread::yield_now(),
        Err(TryReadError::Ended(end)) => return Some(end),
    }
    None
}

/// Looks at the latest event, which may be one that was seen before.
fn latest<P: Payload>(
    round: &Round<P>,
    post: &Post,
    observer: &mut Observer<P>,
    sightings: &mut Sightings,
) {
    let Some(glimpse) = observer.latest() else { return };
    let start = glimpse.sequences().start.get();
    post.check(glimpse.len() == 1, || format!("the latest are {}", glimpse.len()));
    if start + 1 == sightings.next {
        post.check(glimpse.missed() == 0, || format!("missed {}", glimpse.missed()));
        post.must(round.law.check(start, &glimpse[0]));
    } else {
        sightings.next = sightings.look(round, post, &glimpse);
    }
}
