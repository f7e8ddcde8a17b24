//! The writer of a round: it publishes in every way, and then closes the ring.

mod claims;
mod plain;
mod rough;
mod tasks;

use std::mem;
use std::ops::Range;
use std::panic;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{Sequence, TryClaimError, Writer};
use futures::SinkExt;
use futures::executor;

use super::dice::Dice;
use super::mishap;
use super::payload::Payload;
use super::post::Post;
use super::round::Round;
use super::run::Planted;

/// Why nothing was published.
enum Refusal {
    /// The ring was full.
    Full,
    /// An editor has left.
    Broken,
}

/// A way to publish.
type Way<P> = (&'static str, fn(&mut Pen<P>) -> Result<(), Refusal>);

/// The writer, and its books.
struct Pen<P: Payload> {
    writer: Writer<P>,
    /// The sequence of the next event.
    next: u64,
    round: Arc<Round<P>>,
    post: Arc<Post>,
    dice: Dice,
}

impl<P: Payload> Pen<P> {
    /// Makes the next event.
    fn event(&self) -> P {
        self.round.event(self.next)
    }

    /// Books an event.
    fn published(&mut self, sequence: Sequence) {
        self.published_all(sequence..sequence + 1);
    }

    /// Books several events.
    fn published_all(&mut self, sequences: Range<Sequence>) {
        let (start, next) = (sequences.start.get(), self.next);
        self.post.check(start == next, || format!("published {sequences:?}, where {next} is due"));
        self.next = sequences.end.get();
    }

    /// Returns how many events to publish at once: up to a lap, but not very many.
    fn run(&mut self) -> u64 {
        let most = (self.writer.capacity() as u64).min(64);
        self.dice.roll(most) + 1
    }

    /// Returns how long to wait where there is a time limit.
    fn briefly(&mut self) -> Duration {
        Duration::from_micros(self.dice.roll(1000))
    }

    /// A publication that was refused, and the editor because of which, if there is one.
    fn refused(&self, because_of_an_editor: bool) -> Refusal {
        if !because_of_an_editor {
            return Refusal::Full;
        }
        let planned = self.round.plan.leaver.is_some();
        self.post.check(planned, || "no editor leaves, but one has left".to_owned());
        Refusal::Broken
    }

    /// A publication that was refused because its time was up.
    fn too_late(&self) -> Refusal {
        self.refused(self.writer.stats().editor_left.is_some())
    }

    /// A claim that was refused.
    fn no_claim(&self, error: &TryClaimError) -> Refusal {
        self.post.check(!error.is_too_large(), || error.to_string());
        self.refused(matches!(error, TryClaimError::EditorLeft(_)))
    }

    /// Publishes once, in some way.
    fn step(&mut self, ways: &[Way<P>]) -> Result<(), Refusal> {
        let (name, publish) = *self.dice.pick(ways);
        self.post.doing(name);
        let before = self.next;
        let went = if self.round.plan.leaver.is_some() {
            self.unless_an_editor_has_left(publish)
        } else {
            publish(self)
        };
        let (cursor, next) = (self.writer.cursor().get(), self.next);
        self.post.check(cursor == next, || format!("the cursor is {cursor}, where {next} is due"));
        self.post.run.totals.published.add(next - before);
        if self.round.is_planted(Planted::Leak, next) {
            mem::forget(self.event());
        }
        went
    }

    /// The same in a ring in which an editor leaves: then methods that would wait panic.
    fn unless_an_editor_has_left(
        &mut self,
        publish: fn(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        match mishap::caught_quietly(|| publish(self)) {
            Ok(went) => went,
            Err(payload) => {
                let due = mishap::message(&*payload).starts_with("nothing more can be published");
                if !due || self.writer.stats().editor_left.is_none() {
                    panic::resume_unwind(payload);
                }
                // How far it came is not known otherwise.
                self.next = self.writer.cursor().get();
                self.post.run.totals.panics.add(1);
                Err(Refusal::Broken)
            }
        }
    }
}

/// Publishes until the round is over, and closes the ring.
pub(super) fn write<P: Payload>(
    writer: Writer<P>,
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    dice: Dice,
) {
    let (round, post) = (Arc::clone(round), Arc::clone(post));
    let mut pen = Pen { writer, next: round.plan.first, round, post, dice };
    let ways: Vec<Way<P>> = [plain::ways(), claims::ways(), rough::ways()].concat();
    let ways_of_tasks = tasks::ways();
    while !pen.round.is_due() {
        let in_a_task = pen.dice.one_in(4);
        for _ in 0..pen.dice.roll(100) {
            let ways = if in_a_task { &ways_of_tasks } else { &ways };
            match pen.step(ways) {
                Ok(()) => {}
                Err(Refusal::Full) => {
                    pen.post.run.totals.refusals.add(1);
                    thread::yield_now();
                }
                Err(Refusal::Broken) => return close(pen),
            }
        }
        if pen.dice.one_in(3) {
            // So that readers find nothing, and sleep.
            pen.post.doing("rests");
            thread::sleep(Duration::from_micros(pen.dice.roll(800)));
        }
    }
    close(pen);
}

/// Closes the ring, in one of several ways.
fn close<P: Payload>(pen: Pen<P>) {
    let Pen { writer, next, round, post, mut dice } = pen;
    post.doing("closes the ring");
    round.published(next);
    match dice.roll(3) {
        0 => {
            mishap::drop_by_panic(writer);
            post.run.totals.panics.add(1);
        }
        1 => {
            let closed = executor::block_on(writer.into_sink().close());
            post.must(closed.map_err(|error| error.to_string()));
        }
        _ => drop(writer),
    }
    post.check(round.ring.is_closed(), || "the writer is gone, but the ring is open".to_owned());
}
