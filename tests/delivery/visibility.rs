//! An event becomes visible when it is published, whole, and to every reader at the same place.

use broadring::{Ring, Sequence, TryReadError};

use crate::common::{event, events, finite, publish_at_once, ring_of};

#[test]
fn a_new_reader_starts_with_the_next_event_to_be_published() {
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
fn an_event_is_not_visible_while_it_is_being_written() {
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
fn the_events_of_a_claim_become_visible_together() {
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
fn all_readers_borrow_the_same_event_under_the_same_sequence() {
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
        // Not only equal: the same event at the same address.
        assert!(std::ptr::eq(&early[index], seen));
    }
}

#[test]
fn an_event_that_cannot_be_cloned_is_read_by_reference() {
    struct NotClone(String);

    let (mut writer, ring) = Ring::builder(4).build(|| NotClone(String::new()));
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
