//! The ways to publish copies of records.

use std::time::Instant;

use super::pen::{Full, Pen, Way};
use crate::soak::mishap;

/// Returns the ways.
pub(super) fn ways() -> Vec<Way> {
    vec![
        ("publish of a record", publish),
        ("try_publish of a record", try_publish),
        ("publish_timeout of a record", publish_timeout),
        ("publish_deadline of a record", publish_deadline),
        ("publish_all of records", publish_all),
        ("publish_all of records, one too long", publish_too_long),
        ("publish_all of records, and the iterator panics", iterator_panics),
    ]
}

fn publish(pen: &mut Pen) -> Result<(), Full> {
    let record = pen.record(pen.number);
    let published = pen.writer.publish(&record);
    let position = published.unwrap_or_else(|error| pen.post.blame(error.to_string()));
    pen.published(position, record.len());
    Ok(())
}

fn try_publish(pen: &mut Pen) -> Result<(), Full> {
    let record = pen.record(pen.number);
    let published = pen.writer.try_publish(&record);
    let position = published.map_err(|error| pen.refused(error))?;
    pen.published(position, record.len());
    Ok(())
}

fn publish_timeout(pen: &mut Pen) -> Result<(), Full> {
    let (record, timeout) = (pen.record(pen.number), pen.briefly());
    let published = pen.writer.publish_timeout(&record, timeout);
    let position = published.map_err(|error| pen.too_late(&error))?;
    pen.published(position, record.len());
    Ok(())
}

fn publish_deadline(pen: &mut Pen) -> Result<(), Full> {
    let (record, deadline) = (pen.record(pen.number), Instant::now() + pen.briefly());
    let published = pen.writer.publish_deadline(&record, deadline);
    let position = published.map_err(|error| pen.too_late(&error))?;
    pen.published(position, record.len());
    Ok(())
}

/// Books so many records that were published at once.
fn published_all(pen: &mut Pen, records: u64) {
    for _ in 0..records {
        pen.add(pen.law.len(pen.number));
    }
}

fn publish_all(pen: &mut Pen) -> Result<(), Full> {
    let (start, records) = (pen.next, pen.dice.roll(30));
    let all: Vec<_> = (pen.number..pen.number + records).map(|it| pen.record(it)).collect();
    let positions = match pen.writer.publish_all(all) {
        Ok(positions) => positions.start.get()..positions.end.get(),
        Err(refused) => pen.post.blame(refused.to_string()),
    };
    published_all(pen, records);
    let due = start..pen.next;
    pen.post.check(positions == due, || format!("published {positions:?} instead of {due:?}"));
    Ok(())
}

/// Those before the one that is too long are published, and none after it.
fn publish_too_long(pen: &mut Pen) -> Result<(), Full> {
    let (records, longest) = (pen.dice.roll(5), pen.law.longest());
    let mut all: Vec<_> = (pen.number..pen.number + records).map(|it| pen.record(it)).collect();
    all.extend([vec![7; longest + 1], Vec::new()]);
    match pen.writer.publish_all(all) {
        Ok(positions) => pen.post.blame(format!("one was too long, but published {positions:?}")),
        Err(refused) => {
            let asked = (refused.reason().requested(), refused.reason().max_record());
            let same = refused.into_inner() == vec![7; longest + 1];
            pen.post.check(asked == (longest + 1, longest) && same, || {
                format!("the record does not come back as it was, or is not the reason: {asked:?}")
            });
        }
    }
    published_all(pen, records);
    Ok(())
}

fn iterator_panics(pen: &mut Pen) -> Result<(), Full> {
    let records = pen.dice.roll(10);
    let mut all: Vec<_> = (pen.number..pen.number + records).map(|it| pen.record(it)).collect();
    all.reverse();
    let writer = &mut pen.writer;
    let published = mishap::caught(|| {
        writer.publish_all(std::iter::from_fn(|| {
            if all.is_empty() {
                mishap::happen();
            }
            all.pop()
        }))
    });
    pen.post.check(published.is_none(), || "the iterator did not panic".to_owned());
    pen.post.run.totals.panics.add(1);
    // Everything that it has yielded is published.
    published_all(pen, records);
    Ok(())
}
