//! When an upstream leaves before the end of the stream, its dependents read what it has committed and
//! are then told which upstream left, and where.

use std::mem;
use std::time::Duration;

use broadring::{End, Ring, Role};

use crate::common::{
    Tally, WAYS_TO_READ, departed_upstream, drain, event, finite, publish_at_once, ring_of,
};
use crate::rig::{after, departed_upstream_of, read_one, sees_nothing};

#[test]
fn when_an_upstream_leaves_too_early_its_dependent_reads_what_it_committed_and_then_gets_the_error()
{
    for published in 0..6 {
        for committed in 0..=published {
            for name in [None, Some("journal")] {
                let (mut writer, steady, ring) = ring_of(8);
                let builder = ring.reader();
                let builder = if let Some(name) = name { builder.name(name) } else { builder };
                let mut first = builder.subscribe().unwrap();
                let mut second = after(&ring, [&steady, &first]);
                let mut third = after(&ring, [&first]);
                drop(steady);
                for _ in 0..published {
                    publish_at_once(&mut writer);
                }
                drop(first.try_batch_up_to(committed));
                let member = first.member().clone();
                drop(first);
                assert_eq!(third.lag(), published as u64);
                for _ in 0..committed {
                    read_one(&mut third);
                }
                let who = name.map_or("reader 1".to_owned(), |name| format!("reader {name:?}"));
                let blame = (who, committed as u64);
                for _ in 0..3 {
                    assert_eq!(departed_upstream_of(&mut third), blame);
                }
                match third.recv() {
                    Err(End::UpstreamLeft(left)) => {
                        assert_eq!(left.member(), &member);
                        assert_eq!(left.member().role(), Role::Reader);
                        assert_eq!(left.to_string(), third.recv().unwrap_err().to_string());
                    }
                    other => panic!("{other:?}"),
                }
                // Of two upstreams that have left, the one that was less far is named.
                let (who, at) = departed_upstream_of(&mut second);
                assert!(committed == 0 || who == "reader 0");
                assert_eq!(at, 0);
            }
        }
    }
}

#[test]
fn every_way_to_read_names_the_upstream_that_has_left() {
    finite(|| {
        for (name, way) in WAYS_TO_READ {
            let (mut writer, first, ring) = ring_of(8);
            let mut second = after(&ring, [&first]);
            publish_at_once(&mut writer);
            drop(first);
            assert_eq!(departed_upstream(way(&mut second)), ("reader 0".to_owned(), 0), "{name}");
            // Also when the stream has ended: this reader has not read all of it.
            drop(writer);
            assert_eq!(departed_upstream(way(&mut second)), ("reader 0".to_owned(), 0), "{name}");
        }
    });
}

#[test]
fn leaving_at_the_end_of_the_stream_is_not_leaving_too_early() {
    finite(|| {
        for published in 0..5 {
            let (mut writer, mut first, ring) = ring_of(8);
            let mut second = after(&ring, [&first]);
            let third = after(&ring, [&first, &second]);
            for _ in 0..published {
                publish_at_once(&mut writer);
            }
            drop(writer);
            assert_eq!(first.run(|_, _, _| ()), End::Closed);
            drop(first);
            let mut tally = Tally::at(second.position());
            assert_eq!(second.run(|&event, at, _| tally.take_at(at, event)), End::Closed);
            tally.ends_at(published);
            drop(second);
            drain(third).ends_at(published);
        }
    });
}

#[test]
fn leaving_before_the_last_event_is_too_early_even_if_the_ring_is_closed() {
    finite(|| {
        for closes_first in [false, true] {
            let (mut writer, mut first, ring) = ring_of(8);
            let mut second = after(&ring, [&first]);
            for _ in 0..3 {
                publish_at_once(&mut writer);
            }
            assert_eq!(first.try_batch_up_to(2).unwrap().len(), 2);
            if closes_first {
                drop(writer);
                drop(first);
            } else {
                drop(first);
                drop(writer);
            }
            read_one(&mut second);
            read_one(&mut second);
            assert_eq!(departed_upstream(second.recv().unwrap_err()), ("reader 0".to_owned(), 2));
        }
    });
}

#[test]
fn a_dependent_of_a_dependent_is_told_of_its_direct_upstream() {
    for learns in [false, true] {
        let (mut writer, mut first, ring) = ring_of(8);
        let mut second = after(&ring, [&first]);
        let mut third = after(&ring, [&second]);
        let mut fourth = after(&ring, [&third]);
        publish_at_once(&mut writer);
        publish_at_once(&mut writer);
        read_one(&mut first);
        drop(first);
        // The second still has something to read, and so has everybody behind it.
        sees_nothing(&mut third);
        sees_nothing(&mut fourth);
        read_one(&mut second);
        read_one(&mut third);
        if learns {
            assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 1));
        } else {
            drop(second);
        }
        assert_eq!(departed_upstream_of(&mut third), ("reader 1".to_owned(), 1));
        read_one(&mut fourth);
        assert_eq!(departed_upstream_of(&mut fourth), ("reader 2".to_owned(), 1));
    }
}

#[test]
fn the_error_has_the_position_of_the_upstream_not_that_of_the_reader() {
    for (evicted, rejoins) in [(false, false), (true, false), (false, true), (true, true)] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let builder = ring.reader().name("first");
        let builder = if evicted { builder.evict_after(Duration::ZERO) } else { builder };
        let mut first = builder.subscribe().unwrap();
        let mut early = ring.reader().after(&first).unwrap();
        early = early.evict_after(Duration::ZERO);
        let mut early = early.subscribe().unwrap();
        for _ in 0..4 {
            publish_at_once(&mut writer);
        }
        assert_eq!(first.try_recv(), Ok(event(0)));
        let mut late = ring.reader().after(&first).unwrap().subscribe().unwrap();
        assert_eq!(late.position().get(), 4);
        if evicted {
            assert_eq!(early.try_recv(), Ok(event(0)));
            publish_at_once(&mut writer);
            publish_at_once(&mut writer);
            assert!(early.recv().unwrap_err().is_evicted());
        } else {
            drop(first);
        }
        if rejoins {
            late.rejoin().unwrap();
        }
        assert_eq!(departed_upstream(late.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
        assert_eq!(departed_upstream(late.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
        early.rejoin().unwrap();
        assert_eq!(
            departed_upstream(early.recv().unwrap_err()),
            ("reader \"first\"".to_owned(), 1)
        );
    }
}

#[test]
fn a_reader_whose_stream_has_ended_does_not_hold_the_writer_back_even_if_it_is_kept() {
    for capacity in [1, 4] {
        let (mut writer, first, ring) = ring_of(capacity);
        let mut second = after(&ring, [&first]);
        let mut third = after(&ring, [&second]);
        for _ in 0..capacity {
            publish_at_once(&mut writer);
        }
        drop(first);
        // The readers do not know yet, and so they still hold the writer back.
        assert!(writer.try_publish(0).is_err());
        assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 0));
        assert!(writer.try_publish(0).is_err());
        assert_eq!(departed_upstream_of(&mut third), ("reader 1".to_owned(), 0));
        assert!(!writer.has_readers());
        for _ in 0..3 * capacity {
            publish_at_once(&mut writer);
        }
        // And each goes on to say so, and where that was.
        assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 0));
        assert_eq!(departed_upstream_of(&mut third), ("reader 1".to_owned(), 0));
        assert_eq!(ring.reader_count(), 2);
        assert_eq!(second.lag(), 4 * capacity as u64);
    }
}

#[test]
fn a_reader_whose_stream_has_ended_does_not_hold_the_writer_back_even_after_a_forgotten_batch() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::MAX);
    let mut second = builder.subscribe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(0)));
    drop(first);
    let mut batch = second.try_batch().unwrap();
    batch.commit_through(batch.sequences().start);
    mem::forget(batch);
    assert!(second.recv().unwrap_err().is_upstream_left());
    assert_eq!(second.try_batch_up_to(0).unwrap().len(), 0);
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn a_reader_whose_stream_has_ended_may_rejoin_and_gets_the_same_end_again() {
    let (mut writer, first, ring) = ring_of(4);
    let mut second = after(&ring, [&first]);
    let mut third = after(&ring, [&second]);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    drop(first);
    assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 0));
    assert_eq!(second.rejoin(), Ok(4));
    // Who came after it saw it come to its end, which it did.
    assert_eq!(departed_upstream_of(&mut third), ("reader 1".to_owned(), 0));
    assert_eq!((second.position().get(), writer.remaining_capacity()), (4, 4));
    assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 0));
    let mut fourth = after(&ring, [&second]);
    assert_eq!(departed_upstream_of(&mut fourth), ("reader 1".to_owned(), 4));
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
}
