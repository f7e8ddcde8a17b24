//! A reader can start at the oldest event in the ring, which is at least half a ring back.

use broadring::TryReadError;

use crate::common::{Tally, event, publish_at_once, ring_of};
use crate::rig::from_oldest;

#[test]
fn a_reader_from_the_oldest_event_sees_every_event_of_the_first_lap() {
    for capacity in [1, 2, 8, 64] {
        let (mut writer, _early, ring) = ring_of(capacity);
        for published in 0..=capacity as u64 {
            let mut reader = from_oldest(&ring);
            assert_eq!((reader.position().get(), reader.lag()), (0, published));
            for sequence in 0..published {
                assert_eq!(reader.try_recv(), Ok(event(sequence)));
            }
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
            if published < capacity as u64 {
                publish_at_once(&mut writer);
            }
        }
    }
}

#[test]
fn a_reader_from_the_oldest_event_sees_at_least_the_latest_half_ring() {
    for capacity in [2, 4, 8, 64] {
        for gated in [false, true] {
            let (mut writer, early, ring) = ring_of(capacity);
            let mut early = gated.then_some(early);
            for published in 0..5 * capacity as u64 {
                let mut reader = from_oldest(&ring);
                let start = reader.position().get();
                let half = capacity as u64 / 2;
                assert!(start <= published.saturating_sub(half), "{start} of {published}");
                assert!(start >= published.saturating_sub(capacity as u64));
                let mut tally = Tally::at(reader.position());
                while let Ok(event) = reader.try_recv() {
                    tally.take(event);
                }
                tally.ends_at(published);
                drop(reader);
                publish_at_once(&mut writer);
                if let Some(early) = &mut early {
                    assert_eq!(early.try_recv(), Ok(event(published)));
                }
            }
        }
    }
}

#[test]
fn a_reader_from_the_oldest_event_holds_the_writer_back() {
    let (mut writer, early, ring) = ring_of(8);
    drop(early);
    for _ in 0..21 {
        publish_at_once(&mut writer);
    }
    let mut reader = from_oldest(&ring);
    let mut tally = Tally::at(reader.position());
    let free = 8 - reader.lag() as usize;
    assert!(free <= 4);
    assert_eq!(writer.remaining_capacity(), free);
    for _ in 0..free {
        publish_at_once(&mut writer);
    }
    assert!(writer.try_publish(0).is_err());
    for _ in 0..8 {
        tally.take(reader.try_recv().unwrap());
        publish_at_once(&mut writer);
        assert!(writer.try_publish(0).is_err());
    }
    while let Ok(event) = reader.try_recv() {
        tally.take(event);
    }
    tally.ends_at(writer.cursor().get());
}

#[test]
fn the_last_of_from_oldest_and_from_cursor_wins() {
    let (mut writer, _early, ring) = ring_of(8);
    for _ in 0..3 {
        publish_at_once(&mut writer);
    }
    let reader = ring.reader().from_oldest().from_cursor().subscribe().unwrap();
    assert_eq!(reader.position().get(), 3);
    let reader = ring.reader().from_cursor().from_oldest().subscribe().unwrap();
    assert_eq!(reader.position().get(), 0);
}
