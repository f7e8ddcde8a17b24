//! A dependent can join at any time, at the cursor or at the oldest event, and waits for its upstreams.

use broadring::AfterError;

use crate::common::{publish_at_once, ring_of};
use crate::rig::{after, read_one, sees_nothing};

#[test]
fn a_dependent_that_starts_ahead_of_its_upstream_waits_for_it() {
    for behind in 0..8 {
        let (mut writer, mut first, ring) = ring_of(8);
        for _ in 0..8 {
            publish_at_once(&mut writer);
        }
        for _ in behind..8 {
            read_one(&mut first);
        }
        let mut second = after(&ring, [&first]);
        assert_eq!(second.position().get(), 8);
        for _ in 0..behind {
            sees_nothing(&mut second);
            read_one(&mut first);
        }
        sees_nothing(&mut second);
        for _ in 0..8 {
            publish_at_once(&mut writer);
            sees_nothing(&mut second);
            read_one(&mut first);
            read_one(&mut second);
        }
    }
}

#[test]
fn a_dependent_from_the_oldest_event_reads_up_to_its_upstreams() {
    for read in 0..=8 {
        let (mut writer, mut first, ring) = ring_of(8);
        let mut second = ring.subscribe().unwrap();
        for _ in 0..8 {
            publish_at_once(&mut writer);
        }
        for _ in 0..read {
            read_one(&mut first);
        }
        second.rejoin().unwrap();
        let builder = ring.reader().from_oldest().after(&second).unwrap();
        let mut third = builder.after(&first).unwrap().subscribe().unwrap();
        assert_eq!((third.position().get(), third.lag()), (0, 8));
        for _ in 0..read {
            read_one(&mut third);
        }
        for _ in read..8 {
            sees_nothing(&mut third);
            read_one(&mut first);
            read_one(&mut third);
        }
        sees_nothing(&mut third);
    }
}

#[test]
fn events_from_before_the_upstream_joined_count_as_committed() {
    let (mut writer, early, ring) = ring_of(8);
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    let mut first = ring.subscribe().unwrap();
    let builder = ring.reader().from_oldest().after(&first).unwrap();
    let mut second = builder.subscribe().unwrap();
    for _ in 0..5 {
        read_one(&mut second);
    }
    publish_at_once(&mut writer);
    sees_nothing(&mut second);
    read_one(&mut first);
    read_one(&mut second);
    drop(early);
}

#[test]
fn a_reader_cannot_come_after_a_reader_of_another_ring() {
    let (mut writer, reader, ring) = ring_of(4);
    let (_other_writer, stranger, other) = ring_of(4);
    assert_eq!(ring.reader().after(&stranger).err(), Some(AfterError::OtherRing));
    assert_eq!(other.reader().after(&reader).err(), Some(AfterError::OtherRing));
    assert_eq!(
        ring.reader().after(&reader).unwrap().after(&stranger).err(),
        Some(AfterError::OtherRing)
    );
    // Another handle of the same ring is the same ring.
    assert!(ring.clone().reader().after(&reader).is_ok());
    assert_eq!((ring.reader_count(), other.reader_count()), (1, 1));
    drop((reader, stranger));
    for _ in 0..20 {
        publish_at_once(&mut writer);
    }
}
