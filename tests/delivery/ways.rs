//! Every way to read gives every event in order, and every way to publish returns its sequence.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use broadring::{End, ReadTimeoutError, Reader, Sequence, TryReadError, Writer};

use crate::common::{Tally, count, event, events, finite, join, publish_at_once, ring_of};

/// Publishes that many events, using every way to publish in turn.
fn publish_in_every_way(writer: &mut Writer<u64>, total: u64) {
    let largest = writer.capacity() as u64;
    let mut way = 0;
    while writer.cursor().get() < total {
        let next = writer.cursor().get();
        let run = (way % largest + 1).min(total - next);
        match way % 7 {
            0 => {
                writer.publish(event(next));
            }
            1 => {
                writer.publish_with(|slot| *slot = event(next));
            }
            2 => {
                let published = writer.publish_all(events(next..next + run));
                assert_eq!(published, Sequence::new(next)..Sequence::new(next + run));
            }
            3 => {
                let mut claim = writer.claim(run as usize).expect("not more than the capacity");
                assert_eq!(claim.first_sequence().get(), next);
                for (slot, event) in claim.iter_mut().zip(events(next..next + run)) {
                    *slot = event;
                }
                claim.publish();
            }
            4 => {
                let mut claim = writer.claim_up_to(run as usize).expect("not more than that");
                for index in 0..claim.len() {
                    claim[index] = event(next + index as u64);
                }
                claim.publish();
            }
            5 => {
                let limit = Duration::from_secs(3600);
                writer.publish_timeout(event(next), limit).expect("the readers keep reading");
            }
            _ => {
                while writer.try_publish(event(next)).is_err() {
                    thread::yield_now();
                }
            }
        }
        way += 1;
    }
}

/// Reads to the end of the stream, and counts every event in the tally.
type Way = fn(&mut Reader<u64>, &mut Tally);

/// Every way to read to the end of the stream, by name.
const WAYS: [(&str, Way); 12] = [
    ("wait_batch and iter", |reader, tally| {
        while let Ok(batch) = reader.wait_batch() {
            for (sequence, &event) in &batch {
                tally.take_at(sequence, event);
            }
        }
    }),
    ("wait_batch and for_each", |reader, tally| {
        while let Ok(batch) = reader.wait_batch() {
            batch.for_each(|&event, sequence| tally.take_at(sequence, event));
        }
    }),
    ("wait_batch and commit_through", |reader, tally| {
        while let Ok(mut batch) = reader.wait_batch() {
            while let Some((sequence, &event)) = batch.first() {
                tally.take_at(sequence, event);
                batch.commit_through(sequence);
            }
        }
    }),
    ("wait_batch_up_to and next_event", |reader, tally| {
        while let Ok(mut batch) = reader.wait_batch_up_to(3) {
            assert!(batch.len() <= 3);
            while let Some((sequence, &event)) = batch.next_event() {
                tally.take_at(sequence, event);
            }
        }
    }),
    ("try_batch_up_to and events", |reader, tally| {
        loop {
            match reader.try_batch_up_to(2) {
                Ok(batch) => batch.events().for_each(|&event| tally.take(event)),
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        }
    }),
    ("batch_timeout_up_to and index", |reader, tally| {
        loop {
            match reader.batch_timeout_up_to(5, Duration::from_micros(50)) {
                Ok(batch) => {
                    for index in 0..batch.len() {
                        tally.take_at(batch.sequences().start + index as u64, batch[index]);
                    }
                }
                Err(ReadTimeoutError::Timeout) => thread::yield_now(),
                Err(ReadTimeoutError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        }
    }),
    ("recv", |reader, tally| {
        while let Ok(event) = reader.recv() {
            tally.take(event);
        }
    }),
    ("try_recv", |reader, tally| {
        loop {
            match reader.try_recv() {
                Ok(event) => tally.take(event),
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        }
    }),
    ("recv_timeout", |reader, tally| {
        loop {
            match reader.recv_timeout(Duration::from_micros(50)) {
                Ok(event) => tally.take(event),
                Err(ReadTimeoutError::Timeout) => thread::yield_now(),
                Err(ReadTimeoutError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        }
    }),
    ("iter", |reader, tally| reader.iter().for_each(|event| tally.take(event))),
    ("run", |reader, tally| {
        let mut ended = true;
        reader.run(|&event, sequence, end_of_batch| {
            tally.take_at(sequence, event);
            ended = end_of_batch;
        });
        assert!(ended, "the last event of the stream ends a batch");
    }),
    ("run_until", |reader, tally| {
        loop {
            let broken_at = reader.run_until(|&event, sequence, _| {
                tally.take_at(sequence, event);
                if sequence.get() % 5 == 0 {
                    ControlFlow::Break(sequence)
                } else {
                    ControlFlow::Continue(())
                }
            });
            match broken_at {
                Ok(sequence) => assert_eq!(sequence + 1, reader.position()),
                Err(end) => break assert_eq!(end, End::Closed),
            }
        }
    }),
];

/// Reads to the end of the stream in this way, and returns the tally.
fn read_to_end((name, way): (&str, Way), mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    way(&mut reader, &mut tally);
    assert_eq!(tally.next(), reader.position(), "{name}");
    assert_eq!(reader.lag(), 0, "{name}");
    tally
}

#[test]
fn every_way_to_read_gives_every_event_in_order_while_the_writer_publishes() {
    finite(|| {
        let total = count(3_000);
        for capacity in [1, 4, 64] {
            let (mut writer, reader, _ring) = ring_of(capacity);
            let readers = WAYS.map(|way| {
                let reader = reader.clone();
                thread::spawn(move || read_to_end(way, reader))
            });
            drop(reader);
            publish_in_every_way(&mut writer, total);
            drop(writer);
            for reader in readers {
                join(reader).ends_at(total);
            }
        }
    });
}

#[test]
fn every_way_to_read_gives_every_event_that_was_published_before() {
    for way in WAYS {
        for before in [0, 1, 5, 16] {
            let (mut writer, early, ring) = ring_of(16);
            drop(early);
            publish_in_every_way(&mut writer, before);
            let reader = ring.subscribe().unwrap();
            let end = before + 16;
            for _ in before..end {
                publish_at_once(&mut writer);
            }
            drop(writer);
            let tally = finite(move || read_to_end(way, reader));
            tally.ends_at(end);
        }
    }
}

#[test]
fn every_way_to_publish_returns_the_sequence_of_the_event() {
    let (mut writer, _reader, ring) = ring_of(32);
    assert_eq!(writer.cursor(), Sequence::new(0));
    assert_eq!(writer.publish(0), Sequence::new(0));
    assert_eq!(writer.publish_with(|slot| *slot = 0), Sequence::new(1));
    assert_eq!(writer.try_publish(0), Ok(Sequence::new(2)));
    assert_eq!(writer.try_publish_with(|slot| *slot = 0).unwrap(), Sequence::new(3));
    assert_eq!(writer.publish_timeout(0, Duration::ZERO), Ok(Sequence::new(4)));
    assert_eq!(writer.publish_deadline(0, Instant::now()), Ok(Sequence::new(5)));
    assert_eq!(writer.publish_all([0; 4]), Sequence::new(6)..Sequence::new(10));
    assert_eq!(writer.claim(3).unwrap().publish(), Sequence::new(10)..Sequence::new(13));
    assert_eq!(writer.cursor(), Sequence::new(13));
    assert_eq!(ring.cursor(), writer.cursor());
}
