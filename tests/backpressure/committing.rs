//! Which slots a batch frees before it is dropped: every quarter ring in a handler loop, exactly
//! the committed events with `commit_through`, and none while it is only looked at.

use std::ops::ControlFlow;

use broadring::{Reader, Sequence};

use crate::common::{Tally, event, events, finite, ring_of};
use crate::rig::publish_n;

/// The number of free slots while the event at each index of a full ring is handled, if slots
/// are freed after every quarter of the ring.
fn free_by_quarters(capacity: usize) -> Vec<usize> {
    let quarter = (capacity / 4).max(1);
    (0..capacity).map(|index| index / quarter * quarter).collect()
}

#[test]
fn a_handler_loop_frees_slots_after_every_quarter_of_the_ring() {
    finite(|| {
        type Handle = fn(&mut Reader<u64>, &mut dyn FnMut(Sequence, u64));
        let in_quarters: [(&str, Handle); 4] = [
            ("for_each", |reader, handle| {
                reader.try_batch().unwrap().for_each(|&event, sequence| handle(sequence, event));
            }),
            ("next_event", |reader, handle| {
                let mut batch = reader.try_batch().unwrap();
                while let Some((sequence, &event)) = batch.next_event() {
                    handle(sequence, event);
                }
            }),
            ("run_until", |reader, handle| {
                let ended = reader.run_until(|&event, sequence, end_of_batch| {
                    handle(sequence, event);
                    if end_of_batch { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                assert_eq!(ended, Ok(()));
            }),
            ("try_for_each", |reader, handle| {
                let handled = reader.try_batch().unwrap().try_for_each(|&event, sequence| {
                    handle(sequence, event);
                    ControlFlow::<()>::Continue(())
                });
                assert!(handled.is_continue());
            }),
        ];
        for capacity in [1, 2, 4, 8, 64] {
            for (name, handle) in in_quarters {
                let (mut writer, mut reader, _ring) = ring_of(capacity);
                for lap in 0..3 {
                    writer.publish_all(events(lap * capacity as u64..(lap + 1) * capacity as u64));
                    let mut tally = Tally::at(reader.position());
                    let mut free = Vec::new();
                    handle(&mut reader, &mut |sequence, event| {
                        tally.take_at(sequence, event);
                        free.push(writer.remaining_capacity());
                        let claimed = writer.try_claim(free[free.len() - 1]);
                        assert!(claimed.is_ok(), "the free slots can be claimed");
                    });
                    assert_eq!(free, free_by_quarters(capacity), "{name}, capacity {capacity}");
                    tally.ends_at((lap + 1) * capacity as u64);
                    assert_eq!(writer.remaining_capacity(), capacity);
                }
            }
        }
    });
}

#[test]
fn events_that_were_taken_before_a_handler_loop_count_for_its_first_quarter() {
    for taken in 0..=5 {
        let (mut writer, mut reader, _ring) = ring_of(16);
        publish_n(&mut writer, 16);
        let mut batch = reader.try_batch().unwrap();
        for _ in 0..taken {
            batch.next_event().unwrap();
        }
        let mut free = Vec::new();
        batch.for_each(|_, _| free.push(writer.remaining_capacity()));
        assert_eq!(free, free_by_quarters(16)[taken..], "after {taken}");
    }
}

#[test]
fn the_writer_can_publish_while_run_is_in_the_middle_of_a_batch() {
    finite(|| {
        let (writer, mut reader, _ring) = ring_of(16);
        let mut writer = Some(writer);
        publish_n(writer.as_mut().unwrap(), 16);
        let mut tally = Tally::at(reader.position());
        let mut ends = Vec::new();
        // The handler itself refills the ring as far as it can, and drops the writer at 160.
        reader.run(|&event, sequence, end_of_batch| {
            tally.take_at(sequence, event);
            if end_of_batch {
                ends.push(sequence.get());
            }
            if let Some(writer) = &mut writer {
                let room = writer.remaining_capacity();
                let a_quarter_is_done = sequence.get() > 0 && sequence.get() % 4 == 0;
                assert_eq!(room, if a_quarter_is_done { 4 } else { 0 });
                publish_n(writer, room);
            }
            if sequence.get() >= 160 {
                writer = None;
            }
        });
        assert_eq!(ends.last(), Some(&175));
        tally.ends_at(160 + 16);
    });
}

#[test]
fn iterating_over_a_batch_frees_no_slot_before_the_batch_is_dropped() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    for _ in 0..5 {
        publish_n(&mut writer, 16);
        let batch = reader.try_batch().unwrap();
        for (_, &event) in &batch {
            assert_eq!(writer.remaining_capacity(), 0);
            assert_eq!(writer.try_publish(event).unwrap_err().into_inner(), event);
        }
        for index in 0..batch.len() {
            let _ = batch[index];
            assert_eq!(writer.remaining_capacity(), 0);
        }
        assert_eq!(batch.len(), 16);
        drop(batch);
        assert_eq!(writer.remaining_capacity(), 16);
    }
}

#[test]
fn commit_through_frees_exactly_the_slots_up_to_that_event() {
    for through in 0..16 {
        let (mut writer, mut reader, _ring) = ring_of(16);
        publish_n(&mut writer, 16);
        let mut batch = reader.try_batch().unwrap();
        batch.commit_through(Sequence::new(through));
        let released = through as usize + 1;
        assert_eq!(writer.remaining_capacity(), released);
        assert_eq!(batch.sequences(), Sequence::new(through + 1)..Sequence::new(16));
        assert_eq!(batch.len(), 16 - released);
        // Committing the same event again, or an earlier one, does nothing.
        batch.commit_through(Sequence::new(through));
        batch.commit_through(Sequence::new(0));
        assert_eq!(writer.remaining_capacity(), released);
        // The writer goes on, and the rest of the batch stays as it is.
        publish_n(&mut writer, released);
        assert!(writer.try_publish(0).is_err());
        assert!(batch.events().copied().eq(events(through + 1..16)));
        drop(batch);
        assert_eq!(reader.position().get(), 16);
        assert_eq!(reader.lag(), through + 1);
    }
}

#[test]
fn commit_through_accounts_for_events_that_next_event_has_taken() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    publish_n(&mut writer, 16);
    let mut batch = reader.try_batch().unwrap();
    for sequence in 0..3 {
        assert_eq!(batch.next_event(), Some((Sequence::new(sequence), &event(sequence))));
    }
    assert_eq!((batch.len(), writer.remaining_capacity()), (13, 0));
    batch.commit_through(Sequence::new(1));
    assert_eq!((batch.len(), writer.remaining_capacity()), (13, 2));
    batch.commit_through(Sequence::new(5));
    assert_eq!((batch.len(), writer.remaining_capacity()), (10, 6));
    assert_eq!(batch.next_event(), Some((Sequence::new(6), &event(6))));
    drop(batch);
    assert_eq!(writer.remaining_capacity(), 16);
}
