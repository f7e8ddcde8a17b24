//! The ways to publish a record that is claimed and written in place, and to give up such a claim.

use std::mem;
use std::thread;
use std::time::Instant;

use broadring::{Record, Sequence};

use super::pen::{Full, Pen, Way};
use crate::soak::mishap;

/// Returns the ways.
pub(super) fn ways() -> Vec<Way> {
    vec![
        ("claim of a record", claim),
        ("try_claim of a record", try_claim),
        ("claim_timeout of a record", claim_timeout),
        ("claim_deadline of a record", claim_deadline),
        ("drops a claim of a record", drop_claim),
        ("forgets a claim of a record", forget_claim),
        ("panics with a claim of a record", panic_with_claim),
        ("claims a record that is too long", claim_too_long),
    ]
}

/// Returns how many bytes to claim for the next record: often more than it has.
fn enough(pen: &mut Pen) -> usize {
    let len = pen.law.len(pen.number);
    let spare = pen.law.longest() - len;
    if pen.dice.one_in(2) { len } else { len + pen.dice.roll(spare.min(100) as u64 + 1) as usize }
}

/// Writes a record into a claim, and publishes as much as it has.
fn fill(mut claim: Record<'_>, record: &[u8]) -> Sequence {
    let len = record.len();
    claim[..len].copy_from_slice(record);
    // What is behind it is given up.
    claim[len..].fill(0xff);
    if len == claim.len() { claim.publish() } else { claim.publish_first(len) }
}

fn claim(pen: &mut Pen) -> Result<(), Full> {
    let (len, record) = (enough(pen), pen.record(pen.number));
    let claimed = pen.writer.claim(len);
    let claim = claimed.unwrap_or_else(|error| pen.post.blame(error.to_string()));
    let position = fill(claim, &record);
    pen.published(position, len);
    Ok(())
}

fn try_claim(pen: &mut Pen) -> Result<(), Full> {
    let (len, record) = (enough(pen), pen.record(pen.number));
    let published = pen.writer.try_claim(len).map(|claim| {
        // Others run while it is held.
        thread::yield_now();
        let due = claim.position();
        (due, fill(claim, &record))
    });
    let (due, position) = published.map_err(|error| pen.refused(error))?;
    pen.post.check(due == position, || format!("claimed at {due}, and published at {position}"));
    pen.published(position, len);
    Ok(())
}

fn claim_timeout(pen: &mut Pen) -> Result<(), Full> {
    let (len, record, timeout) = (enough(pen), pen.record(pen.number), pen.briefly());
    let published = pen.writer.claim_timeout(len, timeout).map(|claim| fill(claim, &record));
    let position = published.map_err(|error| pen.too_late(&error))?;
    pen.published(position, len);
    Ok(())
}

fn claim_deadline(pen: &mut Pen) -> Result<(), Full> {
    let (len, record) = (enough(pen), pen.record(pen.number));
    let deadline = Instant::now() + pen.briefly();
    let published = pen.writer.claim_deadline(len, deadline).map(|claim| fill(claim, &record));
    let position = published.map_err(|error| pen.too_late(&error))?;
    pen.published(position, len);
    Ok(())
}

/// Claims a record if there is room, scribbles over it, and gives it up: nothing is published.
fn give_up(pen: &mut Pen, by: impl FnOnce(Record<'_>)) -> Result<(), Full> {
    let len = enough(pen);
    let given_up = pen.writer.try_claim(len).map(|mut claim| {
        claim.fill(0xff);
        by(claim);
    });
    given_up.map_err(|error| pen.refused(error))
}

fn drop_claim(pen: &mut Pen) -> Result<(), Full> {
    give_up(pen, |claim| drop(claim))
}

#[expect(clippy::forget_non_drop, reason = "one day it may have a destructor")]
fn forget_claim(pen: &mut Pen) -> Result<(), Full> {
    give_up(pen, |claim| mem::forget(claim))
}

fn panic_with_claim(pen: &mut Pen) -> Result<(), Full> {
    pen.post.run.totals.panics.add(1);
    give_up(pen, |claim| mishap::drop_by_panic(claim))
}

fn claim_too_long(pen: &mut Pen) -> Result<(), Full> {
    let longest = pen.law.longest();
    let refused = match pen.writer.claim(longest + 1) {
        Ok(claim) => pen.post.blame(format!("claimed {} bytes of {longest}", claim.len())),
        Err(error) => error,
    };
    pen.post.check(refused.max_record() == longest, || refused.to_string());
    Ok(())
}
