//! What a batch lends, and which of its events are committed when it is dropped, forgotten or
//! broken off.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use broadring::{Ring, Sequence, TryReadError};

use crate::common::{Tally, event, finite, publish_at_once, ring_of};

#[test]
fn the_views_of_a_batch_show_the_same_events() {
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
        // `fold` goes on exactly where `next` stopped.
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
fn a_batch_holds_at_most_its_limit_and_the_next_batch_goes_on_there() {
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
fn dropping_an_unread_batch_commits_it() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    drop(reader.try_batch_up_to(3).unwrap());
    assert_eq!(reader.position().get(), 3);
    assert_eq!(reader.try_recv(), Ok(event(3)));
}

#[test]
fn a_forgotten_batch_is_lent_again_from_the_last_commit_on() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    mem::forget(reader.try_batch().unwrap());
    assert_eq!((reader.position().get(), reader.lag()), (0, 6));
    let mut batch = reader.try_batch().unwrap();
    batch.commit_through(Sequence::new(1));
    mem::forget(batch);
    assert_eq!((reader.position().get(), reader.lag()), (2, 4));
    let mut tally = Tally::at(reader.position());
    reader.try_batch().unwrap().for_each(|&event, sequence| tally.take_at(sequence, event));
    tally.ends_at(6);
}

#[test]
fn breaking_out_of_a_handler_commits_that_event_and_none_after_it() {
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
fn run_until_marks_the_last_event_of_each_batch() {
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
fn is_last_gives_the_same_answer_after_next_event_has_taken_the_event() {
    let (mut writer, ring) = Ring::builder(8).build(|| 0);
    let mut reader = ring.subscribe().unwrap();
    writer.publish_all(0..3);
    let mut batch = reader.try_batch().unwrap();
    let borrowed: Vec<_> = batch.iter().map(|(sequence, _)| batch.is_last(sequence)).collect();
    assert_eq!(borrowed, [false, false, true]);
    let mut taken = Vec::new();
    while let Some((sequence, _)) = batch.next_event() {
        taken.push(batch.is_last(sequence));
    }
    assert_eq!(taken, borrowed);
}

#[test]
fn commit_first_commits_so_many_and_the_others_come_again() {
    for evictable in [false, true] {
        let (mut writer, ring) = Ring::builder(8).build(|| 0);
        let builder = ring.reader();
        let builder =
            if evictable { builder.evict_after(Duration::from_secs(3600)) } else { builder };
        let mut reader = builder.subscribe().unwrap();
        for round in 0..20 {
            writer.publish_all(10 * round..10 * round + 5);
            for (committed, left) in [(0, 5), (2, 5), (0, 3), (1, 3), (2, 2)] {
                let batch = reader.try_batch().unwrap();
                assert_eq!(batch.len(), left);
                assert_eq!(batch[0], 10 * round + 5 - left as u64);
                batch.commit_first(committed);
                assert_eq!(reader.lag(), (left - committed) as u64);
            }
            assert_eq!(writer.remaining_capacity(), 8);
        }
    }
}

#[test]
fn commit_first_also_commits_what_was_handed_out() {
    let (mut writer, ring) = Ring::builder(8).build(|| 0);
    let mut reader = ring.subscribe().unwrap();
    writer.publish_all(0..6);
    let mut batch = reader.try_batch().unwrap();
    assert_eq!(batch.next_event().map(|(_, event)| *event), Some(0));
    assert_eq!(batch.next_event().map(|(_, event)| *event), Some(1));
    batch.commit_first(1);
    assert_eq!(reader.position().get(), 3);

    let mut batch = reader.try_batch().unwrap();
    batch.next_event();
    batch.commit_first(0);
    assert_eq!(reader.recv(), Ok(4));
}

#[test]
#[should_panic(expected = "cannot commit 3 events of a batch of 2")]
fn commit_first_of_more_than_there_are_is_a_mistake() {
    let (mut writer, ring) = Ring::builder(8).build(|| 0);
    let mut reader = ring.subscribe().unwrap();
    writer.publish_all(0..2);
    reader.try_batch().unwrap().commit_first(3);
}
