//! A reader that is to start at a certain event starts exactly there, or the error says from where to
//! where it could.

use std::thread;

use broadring::{NotRetained, Ring, Sequence, SubscribeError};

use crate::common::{Tally, count, finite, join, publish_at_once, publish_next};

#[track_caller]
fn not_retained(error: SubscribeError) -> NotRetained {
    assert!(error.is_not_retained() && !error.is_full());
    match error {
        SubscribeError::NotRetained(error) => error,
        other => panic!("refused for another reason: {other}"),
    }
}

#[test]
fn a_reader_starts_at_every_retained_event_and_at_no_other() {
    for first in [0, 1000, Sequence::MAX.get() - 100] {
        let (mut writer, ring) = Ring::builder(8).first_sequence(first).build(|| 0);
        for _ in 0..30 {
            let cursor = ring.cursor().get();
            let oldest = ring.reader().from_oldest().subscribe().unwrap().position().get();
            for sequence in first.saturating_sub(2)..cursor + 10 {
                let joined = ring.reader().from(sequence).subscribe();
                if (oldest..=cursor).contains(&sequence) {
                    let reader = joined.unwrap();
                    assert_eq!(reader.position().get(), sequence);
                    let mut tally = Tally::at(reader.position());
                    let mut reader = reader;
                    while let Ok(event) = reader.try_recv() {
                        tally.take(event);
                    }
                    tally.ends_at(cursor);
                } else {
                    let error = not_retained(joined.unwrap_err());
                    assert_eq!(error.requested().get(), sequence);
                    assert_eq!((error.oldest().get(), error.cursor().get()), (oldest, cursor));
                }
            }
            publish_at_once(&mut writer);
        }
    }
}

#[test]
fn a_reader_that_was_refused_leaves_nothing_behind() {
    let (mut writer, ring) = Ring::builder(4).max_readers(1).build(|| 0);
    for sequence in 0..count(100) {
        assert!(ring.reader().from(sequence + 1).subscribe().unwrap_err().is_not_retained());
        assert!(ring.reader().from(u64::MAX).observe().unwrap_err().is_not_retained());
        assert_eq!((ring.reader_count(), writer.has_readers()), (0, false));
        publish_at_once(&mut writer);
    }
    let reader = ring.subscribe().unwrap();
    assert!(ring.reader().from(0).subscribe().unwrap_err().is_full());
    drop(reader);
}

#[test]
fn dependents_observers_and_evictable_readers_start_where_they_are_told_to() {
    let (mut writer, ring) = Ring::builder(16).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    (0..10).for_each(|_| publish_at_once(&mut writer));
    let mut behind = ring.reader().after(&first).unwrap().from(7).subscribe().unwrap();
    let mut observer = ring.reader().from(8).observe().unwrap();
    let mut evictable =
        ring.reader().evict_after(std::time::Duration::MAX).from(9).subscribe().unwrap();
    assert!(behind.try_recv().unwrap_err().is_empty());
    drop(first.try_batch().unwrap());
    assert_eq!(behind.try_batch().unwrap().sequences().start.get(), 7);
    let seen = observer.look().unwrap();
    assert_eq!((seen.sequences().start.get(), seen.missed()), (8, 0));
    drop(seen);
    assert_eq!(evictable.try_batch().unwrap().sequences().start.get(), 9);
}

#[test]
fn readers_that_ask_for_an_event_while_the_writer_publishes_see_it_first_or_are_told_why_not() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(64).build(|| 0);
        let total = count(300_000);
        let joining = thread::spawn(move || {
            let (mut joined, mut refused) = (0, 0);
            for round in 0.. {
                if ring.is_closed() {
                    break;
                }
                let sequence = (ring.cursor().get() + 2).saturating_sub(round % 48);
                match ring.reader().from(sequence).subscribe() {
                    Ok(mut reader) => {
                        assert_eq!(reader.position().get(), sequence);
                        let mut tally = Tally::at(reader.position());
                        while let Ok(event) = reader.try_recv() {
                            tally.take(event);
                        }
                        joined += 1;
                    }
                    Err(error) => {
                        let error = not_retained(error);
                        let possible = error.oldest()..=error.cursor();
                        assert!(!possible.contains(&Sequence::new(sequence)), "{error}");
                        refused += 1;
                    }
                }
                thread::yield_now();
            }
            (joined, refused)
        });
        for _ in 0..total {
            publish_next(&mut writer);
        }
        drop(writer);
        join(joining);
    });
}
