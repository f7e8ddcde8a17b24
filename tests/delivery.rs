//! Every reader sees every event, in order, from where it has joined, whichever
//! way it reads and whichever way the writer publishes.

mod common;

use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use broadring::{End, ReadTimeoutError, Reader, Sequence, TryReadError, Writer};
use common::{Tally, count, drain, event, events, finite, join, publish_at_once, ring_of};

/// Publishes that many events in every way there is, one way after another.
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
                writer.publish_timeout(event(next), limit).expect("the readers go on");
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

/// Reads to the end of the stream, in one of many ways.
fn read_in_this_way(way: usize, mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    match way {
        0 => return drain(reader),
        1 => {
            while let Ok(event) = reader.recv() {
                tally.take(event);
            }
        }
        2 => reader.iter().for_each(|event| tally.take(event)),
        3 => {
            let mut ended = true;
            reader.run(|&event, sequence, end_of_batch| {
                tally.take_at(sequence, event);
                ended = end_of_batch;
            });
            assert!(ended, "the last event of all ends a batch");
        }
        4 => loop {
            let broken_off = reader.run_until(|&event, sequence, _| {
                tally.take_at(sequence, event);
                if sequence.get() % 5 == 0 {
                    ControlFlow::Break(sequence)
                } else {
                    ControlFlow::Continue(())
                }
            });
            match broken_off {
                Ok(sequence) => assert_eq!(sequence + 1, reader.position()),
                Err(end) => break assert_eq!(end, End::Closed),
            }
        },
        5 => {
            while let Ok(mut batch) = reader.wait_batch_up_to(3) {
                assert!(batch.len() <= 3);
                while let Some((sequence, &event)) = batch.next_event() {
                    tally.take_at(sequence, event);
                }
            }
        }
        6 => {
            while let Ok(batch) = reader.wait_batch() {
                batch.for_each(|&event, sequence| tally.take_at(sequence, event));
            }
        }
        7 => loop {
            match reader.try_batch_up_to(2) {
                Ok(batch) => batch.events().for_each(|&event| tally.take(event)),
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        },
        8 => loop {
            match reader.try_recv() {
                Ok(event) => tally.take(event),
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        },
        9 => loop {
            match reader.batch_timeout_up_to(5, Duration::from_micros(50)) {
                Ok(batch) => {
                    for index in 0..batch.len() {
                        tally.take_at(batch.sequences().start + index as u64, batch[index]);
                    }
                }
                Err(ReadTimeoutError::Timeout) => thread::yield_now(),
                Err(ReadTimeoutError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        },
        10 => loop {
            match reader.recv_timeout(Duration::from_micros(50)) {
                Ok(event) => tally.take(event),
                Err(ReadTimeoutError::Timeout) => thread::yield_now(),
                Err(ReadTimeoutError::Ended(end)) => break assert_eq!(end, End::Closed),
            }
        },
        _ => {
            while let Ok(mut batch) = reader.wait_batch() {
                while let Some((sequence, &event)) = batch.first() {
                    tally.take_at(sequence, event);
                    batch.commit_through(sequence);
                }
            }
        }
    }
    assert_eq!(tally.next(), reader.position());
    assert_eq!(reader.lag(), 0);
    tally
}

const WAYS: usize = 12;

#[test]
fn every_way_to_read_gives_every_event_in_order_from_the_start() {
    finite(|| {
        let total = count(3_000);
        for capacity in [1, 4, 64] {
            let (mut writer, reader, _ring) = ring_of(capacity);
            let readers: Vec<_> = (0..WAYS)
                .map(|way| {
                    let reader = reader.clone();
                    thread::spawn(move || read_in_this_way(way, reader))
                })
                .collect();
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
fn every_way_to_read_gives_every_event_in_order_without_threads() {
    for way in 0..WAYS {
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
            let tally = finite(move || read_in_this_way(way, reader));
            tally.ends_at(end);
        }
    }
}

#[test]
fn a_reader_starts_with_the_event_after_the_last_one_published() {
    let (mut writer, _early, ring) = ring_of(64);
    for published in 0..20 {
        let mut reader = ring.subscribe().unwrap();
        assert_eq!(reader.position().get(), published);
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        publish_at_once(&mut writer);
        assert_eq!(reader.try_recv(), Ok(event(published)));
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
    }
}

#[test]
fn an_event_that_is_being_written_is_not_there_to_read() {
    let (mut writer, mut reader, ring) = ring_of(8);
    for round in 0..20 {
        writer.publish_with(|slot| {
            *slot = event(round);
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
            assert_eq!(reader.lag(), 0);
            assert_eq!(ring.cursor().get(), round);
        });
        assert_eq!(ring.cursor().get(), round + 1);
        assert_eq!(reader.lag(), 1);
        assert_eq!(reader.try_recv(), Ok(event(round)));
    }
}

#[test]
fn claimed_events_become_visible_all_at_once() {
    finite(|| {
        let (mut writer, mut reader, ring) = ring_of(8);
        for round in 0..20 {
            let first = round * 5;
            let mut claim = writer.claim(5).unwrap();
            for (slot, event) in claim.iter_mut().zip(events(first..first + 5)) {
                *slot = event;
                assert_eq!(reader.try_batch().map(|batch| batch.len()), Err(TryReadError::Empty));
                assert_eq!(ring.cursor().get(), first);
            }
            claim.publish();
            assert_eq!(ring.cursor().get(), first + 5);
            let batch = reader.try_batch().unwrap();
            assert_eq!(batch.sequences(), Sequence::new(first)..Sequence::new(first + 5));
            assert!(batch.events().copied().eq(events(first..first + 5)));
        }
    });
}

#[test]
fn all_readers_see_the_same_event_under_the_same_sequence() {
    let (mut writer, mut early, ring) = ring_of(16);
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    let mut late = ring.subscribe().unwrap();
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    let early = early.try_batch().unwrap();
    let late = late.try_batch().unwrap();
    assert_eq!((early.len(), late.len()), (12, 6));
    for (sequence, seen) in &late {
        let index = (sequence - early.sequences().start) as usize;
        assert_eq!(early[index], *seen);
        // Not only equal: the very same event, in the same place.
        assert!(std::ptr::eq(&early[index], seen));
    }
}

#[test]
fn the_views_of_a_batch_agree() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    for round in 0..8 {
        for _ in 0..=round {
            publish_at_once(&mut writer);
        }
        let first = reader.position();
        let batch = reader.try_batch().unwrap();
        let len = round as usize + 1;
        let expected: Vec<_> =
            (0..len as u64).map(|index| (first + index, event((first + index).get()))).collect();

        assert_eq!(batch.len(), len);
        assert!(!batch.is_empty());
        assert_eq!(batch.sequences(), first..first + len as u64);
        assert!(batch.iter().map(|(sequence, &event)| (sequence, event)).eq(expected.clone()));
        assert!((&batch).into_iter().map(|(at, &event)| (at, event)).eq(expected.clone()));
        assert!(batch.events().eq(expected.iter().map(|(_, event)| event)));
        assert_eq!(batch.iter().len(), len);
        assert_eq!(batch.events().len(), len);
        assert_eq!(batch.first(), expected.first().map(|(at, event)| (*at, event)));
        assert_eq!(batch.last(), expected.last().map(|(at, event)| (*at, event)));
        for (index, (sequence, event)) in expected.iter().enumerate() {
            assert_eq!(batch[index], *event);
            assert_eq!(batch.get(index), Some(event));
            assert_eq!(batch.is_last(*sequence), index + 1 == len);
        }
        assert_eq!(batch.get(len), None);
        assert_eq!(batch.get(usize::MAX), None);
        // Taking some by hand and leaving the rest to `fold` skips none.
        for taken in 0..=len {
            let mut rest = batch.iter();
            assert!(
                rest.by_ref()
                    .take(taken)
                    .map(|(at, &event)| (at, event))
                    .eq(expected[..taken].iter().copied())
            );
            let folded = rest.fold(Vec::new(), |mut seen, (sequence, &event)| {
                seen.push((sequence, event));
                seen
            });
            assert_eq!(folded, expected[taken..]);
        }
    }
}

#[test]
fn a_batch_holds_no_more_than_its_limit_and_the_rest_comes_next() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    for _ in 0..16 {
        publish_at_once(&mut writer);
    }
    let mut tally = Tally::at(reader.position());
    for limit in [1, 5, 0, 7, 100] {
        let left = reader.lag() as usize;
        let batch = reader.try_batch_up_to(limit).unwrap();
        assert_eq!(batch.len(), limit.min(left));
        batch.for_each(|&event, sequence| tally.take_at(sequence, event));
    }
    tally.ends_at(16);
    assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
}

#[test]
fn a_limit_of_zero_gives_an_empty_batch_at_once() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    for published in 0..3 {
        assert!(reader.wait_batch_up_to(0).unwrap().is_empty());
        assert!(reader.try_batch_up_to(0).unwrap().is_empty());
        let batch = reader.batch_timeout_up_to(0, Duration::MAX).unwrap();
        assert_eq!((batch.len(), batch.first(), batch.last()), (0, None, None));
        drop(batch);
        assert_eq!(reader.position().get(), 0);
        assert_eq!(reader.lag(), published);
        publish_at_once(&mut writer);
    }
}

#[test]
fn a_batch_that_is_dropped_unread_counts_as_read() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    drop(reader.try_batch_up_to(3).unwrap());
    assert_eq!(reader.position().get(), 3);
    assert_eq!(reader.try_recv(), Ok(event(3)));
}

#[test]
fn a_batch_that_is_forgotten_comes_again() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    std::mem::forget(reader.try_batch().unwrap());
    assert_eq!((reader.position().get(), reader.lag()), (0, 6));
    let mut batch = reader.try_batch().unwrap();
    batch.commit_through(Sequence::new(1));
    std::mem::forget(batch);
    assert_eq!((reader.position().get(), reader.lag()), (2, 4));
    let mut tally = Tally::at(reader.position());
    reader.try_batch().unwrap().for_each(|&event, sequence| tally.take_at(sequence, event));
    tally.ends_at(6);
}

#[test]
fn breaking_off_reads_the_event_at_which_it_did_and_none_after_it() {
    finite(|| {
        for at in 0..16 {
            let (mut writer, mut reader, _ring) = ring_of(16);
            for _ in 0..16 {
                publish_at_once(&mut writer);
            }
            let stop = |sequence: Sequence| {
                if sequence.get() == at {
                    ControlFlow::Break("here")
                } else {
                    ControlFlow::Continue(())
                }
            };
            let mut clone = reader.clone();
            assert_eq!(reader.run_until(|_, sequence, _| stop(sequence)), Ok("here"));
            assert_eq!((reader.position().get(), reader.lag()), (at + 1, 15 - at));
            let batch = clone.try_batch().unwrap();
            assert_eq!(
                batch.try_for_each(|_, sequence| stop(sequence)),
                ControlFlow::Break("here")
            );
            assert_eq!((clone.position().get(), clone.lag()), (at + 1, 15 - at));
        }
    });
}

#[test]
fn run_says_where_each_batch_ends() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(16);
        for published in [1, 3, 4, 16] {
            for _ in 0..published {
                publish_at_once(&mut writer);
            }
            let end = writer.cursor();
            let stopped = reader.run_until(|_, sequence, end_of_batch| {
                assert_eq!(end_of_batch, sequence + 1 == end);
                if end_of_batch { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(stopped, Ok(()));
            assert_eq!(reader.position(), end);
        }
    });
}

#[test]
fn publish_all_publishes_everything_whatever_the_iterator_says_of_its_length() {
    /// An iterator with a size hint of its own.
    struct Hinted<I>(I, (usize, Option<usize>));

    impl<I: Iterator> Iterator for Hinted<I> {
        type Item = I::Item;

        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            self.1
        }
    }

    for capacity in [1, 2, 8, 64] {
        for len in [0, 1, 2, 3, 7, 8, 9, 64, 200] {
            let hints = [
                (0, None),
                (0, Some(0)),
                (1, Some(1)),
                (3, None),
                (len as usize, Some(len as usize)),
                (usize::MAX, None),
                (usize::MAX, Some(usize::MAX)),
            ];
            for hint in hints {
                let (mut writer, reader, ring) = ring_of(capacity);
                let tally = finite(move || {
                    let reader = thread::spawn(move || drain(reader));
                    let published = writer.publish_all(Hinted(events(0..len), hint));
                    assert_eq!(published, Sequence::new(0)..Sequence::new(len));
                    assert_eq!(writer.cursor().get(), len);
                    drop(writer);
                    join(reader)
                });
                assert_eq!(ring.cursor().get(), len);
                tally.ends_at(len);
                if cfg!(miri) && len > 8 {
                    break;
                }
            }
        }
    }
}

#[test]
fn publish_all_of_nothing_publishes_nothing() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    publish_at_once(&mut writer);
    let published = writer.publish_all(std::iter::empty());
    assert_eq!(published, Sequence::new(1)..Sequence::new(1));
    assert_eq!(reader.try_recv(), Ok(event(0)));
    assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
}

#[test]
fn publish_all_makes_events_visible_in_runs_of_a_quarter_ring() {
    let (mut writer, reader, ring) = ring_of(16);
    drop(reader);
    let mut visible = Vec::new();
    writer.publish_all(events(0..10).inspect(|_| visible.push(ring.cursor().get())));
    // What was visible when each event was taken from the iterator.
    assert_eq!(visible, [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);

    let mut visible = Vec::new();
    let one_by_one = events(10..14).inspect(|_| visible.push(ring.cursor().get()));
    writer.publish_all(one_by_one.filter(|_| true));
    assert_eq!(visible, [10, 11, 12, 13]);
}

#[test]
fn the_writer_knows_the_sequence_of_what_it_publishes() {
    let (mut writer, _reader, ring) = ring_of(32);
    assert_eq!(writer.cursor(), Sequence::new(0));
    assert_eq!(writer.publish(0), Sequence::new(0));
    assert_eq!(writer.publish_with(|slot| *slot = 0), Sequence::new(1));
    assert_eq!(writer.try_publish(0), Ok(Sequence::new(2)));
    assert_eq!(writer.try_publish_with(|slot| *slot = 0).unwrap(), Sequence::new(3));
    assert_eq!(writer.publish_timeout(0, Duration::ZERO), Ok(Sequence::new(4)));
    assert_eq!(writer.publish_deadline(0, std::time::Instant::now()), Ok(Sequence::new(5)));
    assert_eq!(writer.publish_all([0; 4]), Sequence::new(6)..Sequence::new(10));
    assert_eq!(writer.claim(3).unwrap().publish(), Sequence::new(10)..Sequence::new(13));
    assert_eq!(writer.cursor(), Sequence::new(13));
    assert_eq!(ring.cursor(), writer.cursor());
}

#[test]
fn a_value_that_cannot_be_cloned_is_delivered_by_reference() {
    struct NotClone(String);

    let (mut writer, ring) = broadring::Ring::builder(4).build(|| NotClone(String::new()));
    let mut reader = ring.subscribe().unwrap();
    for round in 0..10 {
        writer.publish(NotClone(format!("moved in {round}")));
        writer.publish_with(|slot| {
            slot.0.clear();
            slot.0.push_str("written in place");
        });
        let batch = reader.try_batch().unwrap();
        assert_eq!(batch[0].0, format!("moved in {round}"));
        assert_eq!(batch[1].0, "written in place");
    }
}

#[test]
fn the_last_event_of_a_batch_is_the_last_also_when_it_was_handed_out() {
    let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    let mut reader = ring.subscribe().unwrap();
    writer.publish_all(0..3);
    let mut batch = reader.try_batch().unwrap();
    let ahead: Vec<_> = batch.iter().map(|(sequence, _)| batch.is_last(sequence)).collect();
    assert_eq!(ahead, [false, false, true]);
    let mut handed_out = Vec::new();
    while let Some((sequence, _)) = batch.next_event() {
        handed_out.push(batch.is_last(sequence));
    }
    assert_eq!(handed_out, ahead);
}
