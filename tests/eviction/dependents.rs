//! When readers depend on each other, the reader that causes the delay is evicted, not the one that waits
//! for it.

use std::thread;
use std::time::Duration;
use std::time::Instant;

use broadring::{Reader, Ring, TryReadError};

use crate::common::{departed_upstream, event, eventually, publish_at_once, publish_next, ring_of};
use crate::rig::{A_WHILE, AN_HOUR, BRIEFLY, evictable, fill, is_full, was_evicted};

#[test]
fn a_dependent_does_not_save_its_upstream_from_eviction() {
    for (patience, many) in [(Duration::ZERO, false), (Duration::ZERO, true), (BRIEFLY, true)] {
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let mut first = evictable(&ring, patience);
        let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        // Not even one that comes after both.
        let both = || ring.reader().after(&first)?.after(&second);
        let mut third = many.then(|| both().unwrap().subscribe().unwrap());
        fill(&mut writer);
        assert_eq!(first.try_recv(), Ok(event(0)));
        assert_eq!(second.try_recv(), Ok(event(0)));
        if let Some(third) = &mut third {
            assert_eq!(third.try_recv(), Ok(event(0)));
        }
        publish_next(&mut writer);
        // Now all are at the same event. Who is evicted opens the way when the others know.
        eventually("the first is evicted", || {
            assert!(writer.try_publish(0).is_err());
            second.try_recv() != Err(TryReadError::Empty)
        });
        was_evicted(&mut first, 1, 2);
        assert_eq!(departed_upstream(second.recv().unwrap_err()), ("reader 0".to_owned(), 1));
        if let Some(mut third) = third {
            assert_eq!(departed_upstream(third.recv().unwrap_err()).1, 1);
        }
        publish_at_once(&mut writer);
    }
}

#[test]
fn a_dependent_is_not_evicted_for_its_upstream() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut patient = evictable(&ring, AN_HOUR);
    let hasty = ring.reader().after(&patient).unwrap().evict_after(Duration::ZERO);
    let mut hasty = hasty.subscribe().unwrap();
    fill(&mut writer);
    is_full(&mut writer);
    assert_eq!(patient.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    was_evicted(&mut hasty, 0, 3);
    assert_eq!(patient.try_recv(), Ok(event(1)));
}

#[test]
fn the_time_of_an_upstream_does_not_count_against_its_dependent() {
    // How the other goes, and the writer notices: it moves on, leaves, or is evicted itself.
    type Goes = fn(Reader<u64>) -> Option<Reader<u64>>;
    let ways: [(&str, Duration, Goes); 3] = [
        ("moves on", AN_HOUR, |mut other| {
            assert_eq!(other.try_recv(), Ok(event(1)));
            Some(other)
        }),
        ("leaves", AN_HOUR, |_| None),
        ("is evicted", BRIEFLY, Some),
    ];
    for (way, patience, goes) in ways {
        for third in [false, true] {
            let (mut writer, ring) = Ring::builder(2).build(|| 0);
            let mut other = evictable(&ring, patience);
            let builder = ring.reader().after(&other).unwrap().evict_after(A_WHILE);
            let mut waiting = builder.subscribe().unwrap();
            let both = || ring.reader().after(&other)?.after(&waiting);
            let mut third =
                third.then(|| both().unwrap().evict_after(BRIEFLY).subscribe().unwrap());
            fill(&mut writer);
            // What each has held up before does not count.
            for reader in [&mut other, &mut waiting].into_iter().chain(&mut third) {
                assert!(writer.try_publish(0).is_err());
                assert_eq!(reader.try_recv(), Ok(event(0)));
            }
            fill(&mut writer);
            assert!(writer.try_publish(0).is_err());
            thread::sleep(A_WHILE);
            let started = Instant::now();
            let other = goes(other);
            assert!(writer.try_publish(0).is_err(), "{way}");
            let stats = ring.stats();
            let row = |reader: &Reader<u64>| {
                stats.members.iter().find(|row| row.member == *reader.member()).unwrap()
            };
            let holding = row(&waiting).holding.unwrap();
            assert!(holding <= started.elapsed(), "{way}");
            for reader in third.iter().chain(&other) {
                assert_eq!(row(reader).holding, None, "{way}");
            }
            thread::sleep(A_WHILE);
            assert_eq!(writer.try_publish(0).is_ok(), third.is_none(), "{way}");
            was_evicted(&mut waiting, 1, if third.is_some() { 2 } else { 3 });
            if let Some(mut third) = third {
                thread::sleep(BRIEFLY);
                assert!(writer.try_publish(0).is_ok());
                was_evicted(&mut third, 1, 3);
            }
        }
    }
}

#[test]
fn a_dependent_behind_its_upstream_is_evicted_alone() {
    let (mut writer, mut first, ring) = ring_of(4);
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
    let mut second = builder.subscribe().unwrap();
    let mut third = ring.reader().after(&second).unwrap().subscribe().unwrap();
    fill(&mut writer);
    // The first may not be evicted, and so nobody is.
    is_full(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(0)));
    assert_eq!(second.try_recv(), Ok(event(0)));
    // Nor may the third, which waits for nobody there.
    is_full(&mut writer);
    assert_eq!(third.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    drop(third);
    for sequence in 1..5 {
        assert_eq!(first.try_recv(), Ok(event(sequence)));
    }
    publish_at_once(&mut writer);
    was_evicted(&mut second, 1, 5);
    assert_eq!(second.rejoin(), Ok(5));
    assert_eq!(second.try_recv(), Err(TryReadError::Empty));
    assert_eq!(first.try_recv(), Ok(event(5)));
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(6)));
    assert_eq!(second.try_recv(), Ok(event(6)));
}

#[test]
fn a_dependent_evicted_with_its_upstream_learns_of_its_own_eviction_first() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut first = evictable(&ring, Duration::ZERO);
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
    let mut second = builder.subscribe().unwrap();
    fill(&mut writer);
    publish_at_once(&mut writer);
    was_evicted(&mut second, 0, 3);
    was_evicted(&mut first, 0, 3);
    assert_eq!(second.rejoin(), Ok(3));
    assert_eq!(departed_upstream(second.recv().unwrap_err()), ("reader 0".to_owned(), 0));
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
}
