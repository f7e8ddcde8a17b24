//! An evicted reader learns where it was and how much it has missed, and can rejoin at the next event.

use std::mem;
use std::thread;
use std::time::Duration;

use broadring::{End, Ring, TryReadError};

use crate::common::{
    Tally, WAYS_TO_READ, built_for, count, departed_upstream, event, finite, join, publish_at_once,
    publish_next, ring_of, settle_down,
};
use crate::rig::{AN_HOUR, evictable, fill, is_full, ring_that_parks, was_evicted};

#[test]
fn every_way_to_read_says_that_the_reader_was_evicted_until_it_rejoins() {
    finite(|| {
        for (name, way) in WAYS_TO_READ {
            let (mut writer, ring) = Ring::builder(2).build(|| 0);
            let mut reader = evictable(&ring, Duration::ZERO);
            fill(&mut writer);
            let told = |end: End, missed: u64| match end {
                End::Evicted(evicted) => {
                    assert_eq!((evicted.position().get(), evicted.missed()), (0, missed), "{name}");
                    let message =
                        format!("the reader 0 was evicted at event 0 and has missed {missed}");
                    assert_eq!(evicted.to_string(), message);
                }
                end => panic!("{name}: {end:?}"),
            };
            for missed in 3..6 {
                publish_at_once(&mut writer);
                told(way(&mut reader), missed);
                // To borrow nothing is no read.
                assert!(reader.try_batch_up_to(0).unwrap().is_empty());
            }
            // The end of the stream changes nothing: it has not read all of it.
            drop(writer);
            told(way(&mut reader), 5);
            assert_eq!(reader.rejoin(), Ok(5));
            assert!(way(&mut reader).is_closed(), "{name}");
        }
    });
}

#[test]
fn a_reader_that_rejoins_goes_on_with_the_next_event_and_learns_how_many_it_missed() {
    let (mut writer, ring) = Ring::builder(4).max_readers(1).build(|| 0);
    let builder = ring.reader().name("dashboard").evict_after(Duration::ZERO);
    let mut reader = builder.subscribe().unwrap();
    let member = reader.member().clone();
    let mut seen = 0;
    for round in 0..50 {
        let before = reader.position().get();
        for _ in 0..4 + round % 7 {
            publish_at_once(&mut writer);
        }
        let evicted = round % 7 > 0;
        assert_eq!(writer.has_readers(), !evicted);
        if evicted {
            was_evicted(&mut reader, before, writer.cursor().get() - before);
        }
        assert_eq!(reader.rejoin(), Ok(writer.cursor().get() - before));
        assert_eq!(reader.member(), &member);
        assert_eq!((reader.position(), reader.lag()), (writer.cursor(), 0));
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        assert!(writer.has_readers());
        assert_eq!(writer.remaining_capacity(), 4);
        for _ in 0..round % 5 {
            publish_at_once(&mut writer);
        }
        let mut tally = Tally::at(reader.position());
        while let Ok(event) = reader.try_recv() {
            tally.take(event);
            seen += 1;
        }
        tally.ends_at(writer.cursor().get());
        assert_eq!((ring.reader_count(), reader.rejoin()), (1, Ok(0)));
    }
    assert_eq!(seen, (0..50).map(|round| round % 5).sum());
}

#[test]
fn any_reader_may_skip_the_available_events() {
    let (mut writer, mut reader, ring) = ring_of(8);
    for published in 0..8 {
        let mut clone = reader.clone();
        if published % 2 == 0 {
            // Also what it has known of, and what it has forgotten.
            drop(clone.try_batch_up_to(1));
            mem::forget(clone.try_batch());
        }
        let before = clone.position().get();
        assert_eq!(clone.rejoin(), Ok(published - before));
        publish_at_once(&mut writer);
        assert_eq!(clone.try_recv(), Ok(event(published)));
        assert_eq!(clone.try_recv(), Err(TryReadError::Empty));
    }
    assert!(writer.try_publish(0).is_err());
    assert_eq!(reader.rejoin(), Ok(8));
    for _ in 0..8 {
        publish_at_once(&mut writer);
    }
    assert_eq!(ring.reader_count(), 1);
}

#[test]
fn a_sleeping_writer_is_woken_by_a_reader_that_skips_events() {
    finite(|| {
        for round in 0..count(40) {
            let (mut writer, ring) = ring_that_parks(2);
            let mut reader = ring.subscribe().unwrap();
            fill(&mut writer);
            let writing = thread::spawn(move || {
                publish_next(&mut writer);
                writer
            });
            settle_down(round);
            // The event that the writer waits to publish may be among those left out.
            let left_out = reader.rejoin().unwrap();
            assert_eq!(left_out, 2);
            drop(join(writing));
            assert_eq!(reader.recv(), Ok(event(2)));
        }
    });
}

#[test]
fn an_evicted_reader_frees_its_gate_when_it_is_dropped() {
    let (mut writer, ring) = Ring::builder(2).max_readers(1).build(|| 0);
    for round in 0..20 {
        let mut reader = evictable(&ring, Duration::ZERO);
        for _ in 0..3 {
            publish_at_once(&mut writer);
        }
        was_evicted(&mut reader, 3 * round, 3);
        assert!(ring.subscribe().is_err());
        assert_eq!(ring.reader_count(), 1);
    }
    // The next one who has the place may not be evicted.
    let mut steady = ring.subscribe().unwrap();
    fill(&mut writer);
    is_full(&mut writer);
    assert_eq!(steady.try_recv(), Ok(event(60)));
}

#[test]
fn an_evicted_upstream_rejoins_with_a_gate_of_its_own() {
    let (mut writer, ring) = Ring::builder(4).max_readers(4).build(|| 0);
    let builder = ring.reader().name("first").evict_after(Duration::ZERO);
    let mut first = builder.subscribe().unwrap();
    let member = first.member().clone();
    fill(&mut writer);
    // The second has joined further ahead, and so waits for the first.
    let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    assert_eq!(first.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    was_evicted(&mut first, 1, 5);
    assert_eq!(first.rejoin(), Ok(5));
    assert_eq!(first.member(), &member);
    assert_eq!(ring.reader_count(), 2);
    for _ in 0..2 {
        publish_at_once(&mut writer);
    }
    assert_eq!(first.try_batch().unwrap().len(), 2);
    // Those behind it were told where it was lost, and nothing of what came then.
    assert_eq!(departed_upstream(second.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
    assert_eq!(
        departed_upstream(second.clone().recv().unwrap_err()),
        ("reader \"first\"".to_owned(), 1)
    );
    let mut third = ring.reader().after(&first).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(third.try_recv(), Err(TryReadError::Empty));
    assert_eq!(first.try_recv(), Ok(event(8)));
    assert_eq!(third.try_recv(), Ok(event(8)));
    // Its old place is free when the second is gone, as that of the second is.
    assert!(ring.subscribe().is_err());
    drop(second);
    let guests = [ring.subscribe().unwrap(), ring.subscribe().unwrap()];
    assert!(ring.subscribe().is_err());
    drop(guests);
}

#[test]
fn a_reader_that_was_not_evicted_keeps_its_dependents_when_it_rejoins() {
    for evictable in [false, true] {
        let (mut writer, mut first, ring) = ring_of(8);
        let second = ring.reader().after(&first).unwrap();
        let second = if evictable { second.evict_after(AN_HOUR) } else { second };
        let mut second = second.subscribe().unwrap();
        let mut third = ring.reader().after(&second).unwrap().subscribe().unwrap();
        (0..3).for_each(|_| publish_at_once(&mut writer));
        assert_eq!(second.rejoin(), Ok(3));
        publish_at_once(&mut writer);
        for sequence in 0..3 {
            assert_eq!(third.try_recv(), Ok(event(sequence)));
            assert_eq!(first.try_recv(), Ok(event(sequence)));
        }
        assert_eq!(third.try_recv(), Err(TryReadError::Empty));
        for reader in [&mut first, &mut second, &mut third] {
            assert_eq!(reader.try_recv(), Ok(event(3)));
        }
    }
}

#[test]
fn a_reader_that_finds_no_gate_to_rejoin_with_stays_where_it_is_and_may_try_again() {
    let (mut writer, ring) = Ring::builder(2).max_readers(2).build(|| 0);
    let mut first = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer);
    for published in 4..8 {
        was_evicted(&mut first, 0, published - 1);
        assert_eq!(built_for(first.rejoin().unwrap_err()), 2);
        was_evicted(&mut first, 0, published - 1);
        assert_eq!(departed_upstream(second.recv().unwrap_err()), ("reader 0".to_owned(), 0));
        publish_at_once(&mut writer);
    }
    assert_eq!(ring.reader_count(), 2);
    drop(second);
    assert_eq!(first.rejoin(), Ok(7));
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(7)));
    assert_eq!(ring.reader_count(), 1);
}
