//! The ways to publish by a claim, in a thread.

use std::ops::{Range, RangeInclusive};
use std::thread;
use std::time::Instant;

use broadring::{Claim, ClaimError, ClaimTimeoutError, Sequence};

use super::{Pen, Refusal, Way};
use crate::soak::payload::Payload;
use crate::soak::round::Round;

/// Returns the ways.
pub(super) fn ways<P: Payload>() -> Vec<Way<P>> {
    vec![
        ("claim", claim),
        ("try_claim", try_claim),
        ("claim_timeout", claim_timeout),
        ("claim_deadline", claim_deadline),
        ("claim_up_to", claim_up_to),
        ("try_claim_up_to", try_claim_up_to),
        ("claim_up_to_timeout", claim_up_to_timeout),
        ("claim_up_to_deadline", claim_up_to_deadline),
    ]
}

/// Writes the events from `next` on into the slots of a claim.
pub(super) fn write<P: Payload>(round: &Round<P>, next: u64, claim: &mut Claim<'_, P>) {
    for (slot, sequence) in claim.iter_mut().zip(next..) {
        slot.write(round.word(sequence));
    }
}

/// Publishes all of a claim, which must have so many slots.
fn publish<P: Payload, E>(
    round: &Round<P>,
    next: u64,
    lengths: RangeInclusive<usize>,
    claimed: Result<Claim<'_, P>, E>,
) -> Result<Published, E> {
    claimed.map(|mut claim| {
        let right = lengths.contains(&claim.len());
        write(round, next, &mut claim);
        Published { right, sequences: claim.publish() }
    })
}

/// What was published by a claim.
struct Published {
    /// Whether the claim was as long as it should be.
    right: bool,
    sequences: Range<Sequence>,
}

impl<P: Payload> Pen<P> {
    /// Books a claim that was published.
    fn published_claim(&mut self, Published { right, sequences }: Published) {
        self.post.check(right, || format!("claimed {sequences:?}, which is too many or too few"));
        self.published_all(sequences);
    }

    /// Books the result of a claim that has waited until it was there.
    fn claimed(&mut self, claimed: Result<Published, ClaimError>) -> Result<(), Refusal> {
        let published = claimed.map_err(|error| error.to_string());
        let published = self.post.must(published);
        self.published_claim(published);
        Ok(())
    }

    /// Books the result of a claim with a time limit.
    fn claimed_in_time(
        &mut self,
        claimed: Result<Published, ClaimTimeoutError>,
    ) -> Result<(), Refusal> {
        match claimed {
            Ok(published) => {
                self.published_claim(published);
                Ok(())
            }
            Err(error) => {
                self.post.check(error.is_timeout(), || error.to_string());
                Err(self.too_late())
            }
        }
    }
}

fn claim<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let len = pen.run() as usize;
    let claimed = publish(&pen.round, pen.next, len..=len, pen.writer.claim(len));
    pen.claimed(claimed)
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

fn claim_timeout<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (len, timeout) = (pen.run() as usize, pen.briefly());
    let claim = pen.writer.claim_timeout(len, timeout);
    let claimed = publish(&pen.round, pen.next, len..=len, claim);
    pen.claimed_in_time(claimed)
}

fn claim_deadline<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (len, deadline) = (pen.run() as usize, Instant::now() + pen.briefly());
    let claim = pen.writer.claim_deadline(len, deadline);
    let claimed = publish(&pen.round, pen.next, len..=len, claim);
    pen.claimed_in_time(claimed)
}

fn claim_up_to<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let most = pen.writer.capacity();
    let claimed = publish(&pen.round, pen.next, 1..=most, pen.writer.claim_up_to(most));
    pen.claimed(claimed)
}

fn try_claim_up_to<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let most = pen.run() as usize;
    let claimed = publish(&pen.round, pen.next, 1..=most, pen.writer.try_claim_up_to(most));
    let published = claimed.map_err(|error| pen.no_claim(&error))?;
    pen.published_claim(published);
    Ok(())
}

fn claim_up_to_timeout<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (most, timeout) = (pen.run() as usize, pen.briefly());
    let claim = pen.writer.claim_up_to_timeout(most, timeout);
    let claimed = publish(&pen.round, pen.next, 1..=most, claim);
    pen.claimed_in_time(claimed)
}

fn claim_up_to_deadline<P: Payload>(pen: &mut Pen<P>) -> Result<(), Refusal> {
    let (most, deadline) = (pen.run() as usize, Instant::now() + pen.briefly());
    let claim = pen.writer.claim_up_to_deadline(most, deadline);
    let claimed = publish(&pen.round, pen.next, 1..=most, claim);
    pen.claimed_in_time(claimed)
}
