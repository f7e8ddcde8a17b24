//! A lookout: an observer that has a managed thread.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::managed::{Handler, ThreadBuilder};
use broadring::{End, Observer, Sequence};

use super::manager::panicked;
use super::observer::Sightings;
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// A handler that keeps the books.
struct Lookout<P> {
    round: Arc<Round<P>>,
    post: Arc<Post>,
    sightings: Sightings,
    /// Where it panics.
    panics_at: u64,
}

impl<P: Payload> Handler<P> for Lookout<P> {
    type Output = Sightings;

    fn on_event(&mut self, event: &P, sequence: Sequence, _: bool) {
        let (sequence, next) = (sequence.get(), self.sightings.next);
        self.post.check(sequence == next, || format!("saw {sequence}, where {next} is due"));
        self.post.must(self.round.law.check(sequence, event));
        self.sightings.next += 1;
        self.sightings.seen += 1;
        self.post.step();
        if sequence >= self.panics_at {
            mishap::happen();
        }
    }

    fn on_missed(&mut self, missed: u64) {
        self.sightings.next += missed;
        self.sightings.missed += missed;
        self.post.step();
    }

    fn on_close(self, end: End) -> Sightings {
        let Sightings { first, next, .. } = self.sightings;
        if !end.is_stopped() {
            self.post.must(self.round.check_end(&end, next, first));
        }
        self.sightings
    }
}

/// Lets a managed thread watch: for a while, or in a calm round to the end of the stream.
pub(super) fn watch<P: Payload>(
    observer: Observer<P>,
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    dice: &mut Dice,
) {
    post.doing("has a managed thread");
    let calm = round.plan.calm;
    let sightings = Sightings::at(observer.position().get());
    let panics = !calm && dice.one_in(3);
    let panics_at = if panics { sightings.next + dice.roll(2000) } else { u64::MAX };
    let (of_thread, own_post) = (Arc::clone(round), Arc::clone(post));
    let lookout = Lookout { round: of_thread, post: own_post, sightings, panics_at };
    let spawned = ThreadBuilder::new(observer).spawn_with(move || lookout);
    let thread = spawned.unwrap_or_else(|error| post.blame(error.to_string()));
    post.run.totals.managed.add(1);
    // Only what it sees is progress.
    let mut rests = if calm { u64::MAX } else { dice.roll(40) };
    while !thread.is_finished() && rests > 0 {
        thread::sleep(Duration::from_millis(1));
        rests -= 1;
    }
    thread.stop();
    match thread.join() {
        Ok(sightings) => sightings.close(post),
        Err(error) => post.must(panicked(error, post)),
    }
}
