//! Dropping the writer closes the ring: readers get every published event, and then the end.

use std::thread;
use std::time::Duration;

use broadring::{End, ReadTimeoutError, Ring, TryReadError, Wait};

use crate::common::{
    Tally, WAITS, WAYS_TO_READ, count, drain, event, eventually, finite, join, publish_at_once,
    publish_next, ring_of,
};
use crate::rig::from_oldest;

#[test]
fn a_reader_gets_every_event_before_the_end_and_then_the_end_from_every_method() {
    finite(|| {
        for left in 0..=8 {
            let (mut writer, mut reader, ring) = ring_of(8);
            for _ in 0..left {
                publish_at_once(&mut writer);
            }
            assert!(!ring.is_closed());
            drop(writer);
            assert!(ring.is_closed());
            for sequence in 0..left {
                assert_eq!(reader.lag(), left - sequence);
                assert_eq!(reader.try_recv(), Ok(event(sequence)));
            }
            // From then on every method reports the end, however often it is called.
            for _ in 0..3 {
                for (name, way) in WAYS_TO_READ {
                    assert_eq!(way(&mut reader), End::Closed, "{name}");
                }
                assert_eq!(reader.wait_batch_up_to(1).map(drop), Err(End::Closed));
                assert_eq!(
                    reader.batch_timeout(Duration::MAX).map(drop),
                    Err(ReadTimeoutError::Ended(End::Closed))
                );
            }
            assert_eq!((reader.position().get(), reader.lag()), (left, 0));
        }
    });
}

#[test]
fn a_reader_that_lags_when_the_ring_closes_reads_the_rest() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    let mut tally = Tally::at(reader.position());
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    reader.try_batch_up_to(2).unwrap().for_each(|&event, at| tally.take_at(at, event));
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    drop(writer);
    while let Ok(batch) = reader.wait_batch_up_to(3) {
        batch.for_each(|&event, at| tally.take_at(at, event));
    }
    tally.ends_at(11);
}

#[test]
fn a_panic_that_drops_the_writer_closes_the_ring() {
    finite(|| {
        let (mut writer, reader, ring) = ring_of(8);
        let reader = thread::spawn(move || drain(reader));
        let writing = thread::spawn(move || {
            for _ in 0..5 {
                publish_next(&mut writer);
            }
            std::panic::resume_unwind(Box::new("the writer gave up"));
        });
        assert!(writing.join().is_err());
        assert!(ring.is_closed());
        join(reader).ends_at(5);
    });
}

#[test]
fn a_reader_can_join_a_closed_ring() {
    for published in [0, 1, 5, 8, 9, 30] {
        let (mut writer, early, ring) = ring_of(8);
        drop(early);
        for _ in 0..published {
            publish_at_once(&mut writer);
        }
        drop(writer);
        let mut late = ring.subscribe().unwrap();
        assert_eq!((late.position().get(), late.lag()), (published, 0));
        assert_eq!(late.recv(), Err(End::Closed));

        let reader = from_oldest(&ring);
        let start = reader.position();
        assert!(start.get() <= published.saturating_sub(4));
        let tally = drain(reader);
        tally.ends_at(published);

        let mut clone = late.clone();
        assert_eq!(clone.try_recv(), Err(TryReadError::Ended(End::Closed)));
    }
}

#[test]
fn closing_the_ring_wakes_readers_with_every_wait_strategy() {
    finite(|| {
        for round in 0..count(20) {
            let (mut writer, first, ring) = ring_of(4);
            let readers: Vec<_> = WAITS
                .iter()
                .map(|&wait| ring.reader().wait(wait).subscribe().unwrap())
                .map(|reader| thread::spawn(move || drain(reader)))
                .collect();
            drop(first);
            publish_next(&mut writer);
            (0..10 * round).for_each(|_| thread::yield_now());
            drop(writer);
            for reader in readers {
                join(reader).ends_at(1);
            }
        }
    });
}

#[test]
fn an_event_published_just_before_the_ring_closes_is_read() {
    finite(|| {
        for round in 0..count(3_000) {
            let (mut writer, ring) = Ring::builder(2).reader_wait(Wait::YIELD).build(|| 0);
            let mut reader = ring.subscribe().unwrap();
            publish_at_once(&mut writer);
            let reading = thread::spawn(move || {
                assert_eq!(reader.recv(), Ok(event(0)));
                // From here on it polls the cursor over and over.
                assert_eq!(reader.recv(), Ok(event(1)));
                assert_eq!(reader.recv(), Err(End::Closed));
            });
            eventually("the reader has read the first event", || writer.remaining_capacity() == 2);
            (0..round % 64).for_each(|_| std::hint::spin_loop());
            publish_at_once(&mut writer);
            drop(writer);
            join(reading);
        }
    });
}
