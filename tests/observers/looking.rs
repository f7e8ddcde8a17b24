//! A look shows everything that is still in the ring, oldest first, and counts what was missed.

use broadring::{End, Ring, TryReadError};

use crate::common::{event, publish_at_once, ring_of};
use crate::rig::{account, observed};

#[test]
fn an_observer_sees_everything_until_a_whole_ring_is_published() {
    for capacity in [1, 2, 8, 64] {
        let (mut writer, mut observer, ring) = observed(capacity);
        for published in 1..=capacity as u64 {
            publish_at_once(&mut writer);
            let mut young = ring.reader().from_oldest().observe().unwrap();
            assert_eq!(account(&young.look().unwrap()), (0, published));
            assert_eq!(young.look().map(drop), Err(TryReadError::Empty));
        }
        assert_eq!(account(&observer.look().unwrap()), (0, capacity as u64));
    }
}

#[test]
fn in_a_ring_of_one_slot_the_latest_event_is_visible_until_the_writer_reserves_the_slot() {
    let (mut writer, mut observer, _ring) = observed(1);
    for sequence in 0..10 {
        publish_at_once(&mut writer);
        if sequence % 2 == 0 {
            assert_eq!(account(&observer.look().unwrap()), (sequence.min(1), 1));
            assert_eq!(account(&observer.latest().unwrap()), (0, 1));
        }
    }
    // A claim that is dropped has reserved the slot, and nothing is there any more.
    drop(writer.claim(1).unwrap());
    assert!(observer.latest().is_none());
    assert_eq!(account(&observer.look().unwrap()), (1, 0));
    assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
    // While it is looked at, the writer waits.
    publish_at_once(&mut writer);
    let glimpse = observer.latest().unwrap();
    assert!(writer.try_publish(0).is_err());
    assert_eq!(account(&glimpse), (0, 1));
    drop(glimpse);
    publish_at_once(&mut writer);
}

#[test]
fn an_observer_starts_with_the_next_event_by_default() {
    let (mut writer, _early, ring) = ring_of(8);
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    let mut observer = ring.observe().unwrap();
    let mut from_cursor = ring.reader().from_oldest().from_cursor().observe().unwrap();
    let mut from_oldest = ring.reader().from_oldest().observe().unwrap();
    assert_eq!((observer.position().get(), observer.lag()), (5, 0));
    assert_eq!((from_oldest.position().get(), from_oldest.lag()), (0, 5));
    assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
    publish_at_once(&mut writer);
    assert_eq!(account(&observer.look().unwrap()), (0, 1));
    assert_eq!(account(&from_cursor.look().unwrap()), (0, 1));
    assert_eq!(account(&from_oldest.look().unwrap()), (0, 6));
}

#[test]
fn a_look_with_a_limit_shows_the_oldest_events_and_the_next_look_goes_on() {
    for limit in 1..10 {
        let (mut writer, mut observer, _ring) = observed(64);
        for round in 0..5 {
            for _ in 0..20 {
                publish_at_once(&mut writer);
            }
            // To look at nothing is a look as well.
            assert_eq!(account(&observer.look_up_to(0).unwrap()), (0, 0));
            let mut next = 20 * round;
            while next < 20 * (round + 1) {
                let glimpse = observer.look_up_to(limit).unwrap();
                let shown = (20 * (round + 1) - next).min(limit as u64);
                assert_eq!(account(&glimpse), (0, shown));
                assert_eq!(glimpse.first().unwrap().0.get(), next);
                next += shown;
            }
            assert_eq!(observer.look_up_to(limit).map(drop), Err(TryReadError::Empty));
            assert_eq!(observer.look_up_to(0).map(drop), Err(TryReadError::Empty));
        }
    }
}

#[test]
fn a_glimpse_is_a_batch() {
    let (mut writer, mut observer, _ring) = observed(8);
    for _ in 0..13 {
        publish_at_once(&mut writer);
    }
    let glimpse = observer.look().unwrap();
    let (missed, len) = account(&glimpse);
    assert_eq!(missed + len, 13);
    assert_eq!(glimpse.len(), len as usize);
    assert!(!glimpse.is_empty());
    assert_eq!(glimpse[0], event(missed));
    assert_eq!(glimpse.get(glimpse.len()), None);
    let (first, last) = (glimpse.first().unwrap(), glimpse.last().unwrap());
    assert_eq!((first.0.get(), *first.1), (missed, event(missed)));
    assert_eq!((last.0.get(), *last.1), (12, event(12)));
    assert!(glimpse.is_last(last.0) && !glimpse.is_last(first.0));
    let mut expected = missed..13;
    for (at, &seen) in &glimpse {
        assert_eq!((Some(at.get()), seen), (expected.next(), event(at.get())));
    }
    let shown = format!("{glimpse:?}");
    assert!(shown.starts_with(&format!("Glimpse {{ missed: {missed}, events: {{")), "{shown}");
}

#[test]
fn the_latest_event_is_shown_alone_whether_or_not_it_was_seen() {
    let (mut writer, mut observer, _ring) = observed(8);
    assert!(observer.latest().is_none());
    for published in 1..30 {
        publish_at_once(&mut writer);
        let missed = if published % 3 == 0 { 2 } else { 0 };
        if published % 3 == 0 {
            for again in 0..3 {
                let glimpse = observer.latest().unwrap();
                assert_eq!(account(&glimpse), (if again == 0 { missed } else { 0 }, 1));
                assert_eq!(glimpse.first().unwrap().0.get(), published - 1);
            }
            assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
            assert_eq!((observer.position(), observer.lag()), (writer.cursor(), 0));
        }
    }
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    // What was looked at is behind, and what comes then is not.
    assert_eq!(account(&observer.latest().unwrap()), (3, 1));
    publish_at_once(&mut writer);
    assert_eq!(account(&observer.look().unwrap()), (0, 1));
    // Also when the stream has ended.
    drop(writer);
    assert_eq!(account(&observer.latest().unwrap()), (0, 1));
    assert_eq!(observer.look().map(drop), Err(TryReadError::Ended(End::Closed)));
    assert_eq!(account(&observer.latest().unwrap()), (0, 1));
}

#[test]
fn events_missed_before_an_unavailable_latest_event_are_still_counted() {
    for capacity in [1, 2, 8] {
        for ends in [false, true] {
            let (mut writer, ring) = Ring::builder(capacity).build(|| 0_u64);
            let mut observer = ring.observe().unwrap();
            for published in 1..10 {
                publish_at_once(&mut writer);
                // The writer has reserved the whole ring, and may be writing any slot of it.
                drop(writer.claim(capacity).unwrap());
                assert!(observer.latest().is_none());
                assert!(observer.latest().is_none());
                assert_eq!((observer.position().get(), observer.lag()), (0, published));
            }
            if ends {
                drop(writer);
                let glimpse = observer.look().unwrap();
                assert_eq!((glimpse.missed(), glimpse.len()), (9, 0));
                drop(glimpse);
                assert!(observer.look().unwrap_err().is_closed());
            } else {
                publish_at_once(&mut writer);
                let glimpse = observer.look().unwrap();
                assert_eq!(glimpse.missed() + glimpse.len() as u64, 10);
                assert!(glimpse.last().is_none_or(|(at, &last)| (at.get(), last) == (9, event(9))));
            }
        }
    }
}

#[test]
fn zero_sized_events_can_be_observed() {
    let (mut writer, ring) = Ring::builder(4).build(|| ());
    let mut observer = ring.observe().unwrap();
    for _ in 0..10 {
        writer.publish_all([(); 7]);
        let glimpse = observer.look().unwrap();
        assert_eq!(glimpse.missed() + glimpse.events().count() as u64, 7);
        drop(glimpse);
        assert_eq!(observer.latest().unwrap().len(), 1);
    }
}
