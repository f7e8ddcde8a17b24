//! The ways to publish in a thread.

use std::iter;
use std::time::Instant;

use broadring::{PublishTimeoutError, Sequence};

use super::{Pen, Refusal, Way};
use crate::soak::payload::Payload;

/// Returns the ways.
pub(super) fn ways<P: Payload>() -> Vec<Way<P>> {
    vec![
        ("publish", publish),
        ("publish_with", publish_with),
        ("try_publish", try_publish),
        ("try_publish_with", try_publish_with),
        ("publish_timeout", publish_timeout),
        ("publish_deadline", publish_deadline),
        ("publish_with_timeout", publish_with_timeout),
        ("publish_with_deadline", publish_with_deadline),
        ("publish_all, of known length", publish_all),
        ("publish_all, of unknown length", publish_each),
        ("asks how it is", ask),
    ]
}

fn publish<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let sequence = pen.writer.publish(pen.event());
    pen.published(sequence);
    Ok(())
}

fn publish_with<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let word = pen.round.word(pen.next);
    let sequence = pen.writer.publish_with(|slot| slot.write(word));
    pen.published(sequence);
    Ok(())
}

fn try_publish<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let sequence = pen.writer.try_publish(pen.event());
    let sequence = sequence.map_err(|error| pen.refused(error.editor_left().is_some()))?;
    pen.published(sequence);
    Ok(())
}

fn try_publish_with<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let word = pen.round.word(pen.next);
    let sequence = pen.writer.try_publish_with(|slot: &mut P| slot.write(word));
    let sequence = sequence.map_err(|error| pen.refused(error.editor_left().is_some()))?;
    pen.published(sequence);
    Ok(())
}

fn publish_timeout<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let timeout = pen.briefly();
    let published = pen.writer.publish_timeout(pen.event(), timeout);
    in_time(pen, published, |_, event| event.read())
}

fn publish_deadline<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let deadline = Instant::now() + pen.briefly();
    let published = pen.writer.publish_deadline(pen.event(), deadline);
    in_time(pen, published, |_, event| event.read())
}

fn publish_with_timeout<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (word, timeout) = (pen.round.word(pen.next), pen.briefly());
    let published = pen.writer.publish_with_timeout(|slot: &mut P| slot.write(word), timeout);
    in_time(pen, published, would_write)
}

fn publish_with_deadline<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (word, deadline) = (pen.round.word(pen.next), Instant::now() + pen.briefly());
    let published = pen.writer.publish_with_deadline(|slot: &mut P| slot.write(word), deadline);
    in_time(pen, published, would_write)
}

/// Returns what a closure that came back would have written.
fn would_write<P: Payload>(pen: &Pen<P>, write: impl FnOnce(&mut P)) -> Result<u64, String> {
    let mut scratch = P::make(0, &pen.round.life);
    write(&mut scratch);
    scratch.read()
}

/// Books the result of a publication with a time limit. What was to be published comes back as it
/// was.
fn in_time<P: Payload, E>(
    pen: &mut Pen<P>,
    published: Result<Sequence, PublishTimeoutError<E>>,
    word_of: impl FnOnce(&Pen<P>, E) -> Result<u64, String>,
) -> Result<(), Refusal> {
    match published {
        Ok(sequence) => {
            pen.published(sequence);
            Ok(())
        }
        Err(error) => {
            let word = pen.round.word(pen.next);
            let seen = pen.post.must(word_of(pen, error.into_inner()));
            pen.post.check(seen == word, || format!("gave back {seen:x} instead of {word:x}"));
            Err(pen.too_late())
        }
    }
}

fn publish_all<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    // Now and then several laps.
    let laps = if pen.dice.one_in(10) { 3 } else { 1 };
    let events = pen.next..pen.next + laps * pen.run();
    let sequences = pen.writer.publish_all(events.map(|sequence| pen.round.event(sequence)));
    pen.published_all(sequences);
    Ok(())
}

fn publish_each<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let mut events = pen.next..pen.next + pen.run();
    let round = &pen.round;
    let events = iter::from_fn(|| events.next().map(|sequence| round.event(sequence)));
    let sequences = pen.writer.publish_all(events);
    pen.published_all(sequences);
    Ok(())
}

fn ask<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (room, capacity) = (pen.writer.remaining_capacity(), pen.writer.capacity());
    pen.post.check(room <= capacity, || format!("{room} slots of {capacity} are free"));
    let stats = pen.writer.stats();
    let published = stats.published.get();
    pen.post.check(published == pen.next, || format!("{published} published of {}", pen.next));
    if let Some(slowest) = pen.writer.slowest() {
        pen.post.check(slowest.lag > 0, || format!("not behind, but the slowest: {slowest:?}"));
    }
    Ok(())
}
