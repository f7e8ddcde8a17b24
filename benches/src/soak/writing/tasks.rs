//! The ways to publish in a task.

use futures::executor::block_on;
use futures::{FutureExt, SinkExt};

use super::{Pen, Refusal, Way, claims};
use crate::soak::payload::Payload;

/// Returns the ways. Each of them is a task of its own.
pub(super) fn ways<P: Payload>() -> Vec<Way<P>> {
    vec![
        ("publish_async", publish),
        ("ready_async", ready),
        ("claim_async", claim),
        ("sink", sink),
        ("publish_async, cancelled", cancel),
    ]
}

fn publish<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let event = pen.event();
    let published = block_on(pen.writer.publish_async(event));
    let sequence = published.map_err(|error| pen.refused(error.editor_left().is_some()))?;
    pen.published(sequence);
    Ok(())
}

fn ready<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let run = pen.run();
    let ready = block_on(pen.writer.ready_async(run as usize));
    ready.map_err(|error| pen.no_claim(&error))?;
    for _ in 0..run {
        let word = pen.round.word(pen.next);
        let sequence = pen.writer.publish_with(|slot| slot.write(word));
        pen.published(sequence);
    }
    Ok(())
}

fn claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let run = pen.run();
    let published = block_on(pen.writer.claim_async(run as usize)).map(|mut claim| {
        claims::write(&pen.round, pen.next, &mut claim);
        claim.publish()
    });
    let sequences = published.map_err(|error| pen.no_claim(&error))?;
    pen.published_all(sequences);
    Ok(())
}

fn sink<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    for _ in 0..pen.run() {
        let event = pen.event();
        let sent = block_on(pen.writer.sink().send(event));
        sent.map_err(|error| {
            let left = matches!(error, broadring::asynch::SinkError::EditorLeft(_));
            pen.post.check(left, || error.to_string());
            pen.refused(left)
        })?;
        pen.next += 1;
    }
    Ok(())
}

/// Polls once, and takes the event back if it was not published.
fn cancel<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let event = pen.event();
    let mut publishing = pen.writer.publish_async(event);
    match (&mut publishing).now_or_never() {
        Some(Ok(sequence)) => {
            drop(publishing);
            pen.published(sequence);
            Ok(())
        }
        Some(Err(error)) => {
            drop(publishing);
            Err(pen.refused(error.editor_left().is_some()))
        }
        None => {
            let event = publishing.into_inner();
            pen.post.check(event.is_some(), || "a cancelled future keeps its event".to_owned());
            pen.post.run.totals.cancelled.add(1);
            Err(Refusal::Full)
        }
    }
}
