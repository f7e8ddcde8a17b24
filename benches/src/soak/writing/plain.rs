//! The ways to publish in a thread.

use std::iter;
use std::thread;
use std::time::{Duration, Instant};

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
        ("publish_all, of known length", publish_all),
        ("publish_all, of unknown length", publish_each),
        ("claim", claim),
        ("try_claim", try_claim),
        ("claim_up_to", claim_up_to),
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
    let timeout = Duration::from_micros(pen.dice.roll(1000));
    let sequence = pen.writer.publish_timeout(pen.event(), timeout);
    in_time(pen, sequence)
}

fn publish_deadline<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let deadline = Instant::now() + Duration::from_micros(pen.dice.roll(1000));
    let sequence = pen.writer.publish_deadline(pen.event(), deadline);
    in_time(pen, sequence)
}

/// Books the result of a publication with a time limit.
fn in_time<P: Payload>(
    pen: &mut Pen<P>,
    published: Result<broadring::Sequence, broadring::PublishTimeoutError<P>>,
) -> Result<(), Refusal> {
    match published {
        Ok(sequence) => {
            pen.published(sequence);
            Ok(())
        }
        Err(error) => {
            // The event comes back as it was.
            let word = pen.round.word(pen.next);
            let left = pen.writer.stats().editor_left.is_some();
            let seen = pen.post.must(error.into_inner().read());
            pen.post.check(seen == word, || format!("gave back {seen:x} instead of {word:x}"));
            Err(pen.refused(left))
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

fn claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let len = pen.run() as usize;
    let mut claim = match pen.writer.claim(len) {
        Ok(claim) => claim,
        Err(error) => pen.post.blame(error.to_string()),
    };
    pen.post.check(claim.len() == len, || format!("claimed {} of {len}", claim.len()));
    for (slot, sequence) in claim.iter_mut().zip(pen.next..) {
        slot.write(pen.round.word(sequence));
    }
    let sequences = claim.publish();
    pen.published_all(sequences);
    Ok(())
}

fn try_claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let len = pen.run() as usize;
    let published = pen.writer.try_claim(len).map(|mut claim| {
        for index in 0..len {
            claim[index].write(pen.round.word(pen.next + index as u64));
        }
        // Others run while it is held.
        thread::yield_now();
        claim.publish()
    });
    let sequences = published.map_err(|error| pen.no_claim(&error))?;
    pen.published_all(sequences);
    Ok(())
}

fn claim_up_to<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let most = pen.writer.capacity();
    let mut claim = match pen.writer.claim_up_to(most) {
        Ok(claim) => claim,
        Err(error) => pen.post.blame(error.to_string()),
    };
    let len = claim.len();
    pen.post.check((1..=most).contains(&len), || format!("claimed {len} of up to {most}"));
    for (slot, sequence) in claim.iter_mut().zip(pen.next..) {
        slot.write(pen.round.word(sequence));
    }
    let sequences = claim.publish();
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
