//! A reader that comes after others sees no event before they have committed it,
//! misses none, and is told when one of them leaves too early.

mod common;

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::{
    End, OtherRingError, ReadTimeoutError, Reader, Ring, Role, Sequence, TryReadError, Wait, Writer,
};
use common::{
    PARK, Tally, WAYS_TO_READ, blamed, count, drain, event, events, eventually, finite, join,
    publish_at_once, publish_next, ring_of, settle_down,
};

/// Adds a reader that comes after these.
fn after<'r>(
    ring: &Ring<u64>,
    upstreams: impl IntoIterator<Item = &'r Reader<u64>>,
) -> Reader<u64> {
    let mut builder = ring.reader();
    for upstream in upstreams {
        builder = builder.after(upstream).unwrap();
    }
    builder.subscribe().unwrap()
}

/// Reads one event, which must be there.
#[track_caller]
fn read_one(reader: &mut Reader<u64>) {
    let next = reader.position().get();
    assert_eq!(reader.try_recv(), Ok(event(next)));
}

/// Sees that there is nothing to read, but may be later.
#[track_caller]
fn sees_nothing(reader: &mut Reader<u64>) {
    assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
    assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
}

/// Who is blamed by a read that does not wait.
#[track_caller]
fn blamed_by(reader: &mut Reader<u64>) -> (String, u64) {
    match reader.try_batch() {
        Err(TryReadError::Ended(end)) => blamed(end),
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn in_a_pipeline_nobody_sees_an_event_before_the_one_before_has_committed_it() {
    let (mut writer, first, ring) = ring_of(16);
    let mut pipeline = vec![first];
    for _ in 1..5 {
        let last = after(&ring, pipeline.last());
        pipeline.push(last);
    }
    for _ in 0..40 {
        publish_at_once(&mut writer);
        for at in 0..5 {
            for behind in &mut pipeline[at + 1..] {
                sees_nothing(behind);
            }
            read_one(&mut pipeline[at]);
            sees_nothing(&mut pipeline[at]);
        }
    }
}

#[test]
fn in_a_diamond_the_last_sees_an_event_when_both_in_the_middle_have_committed_it() {
    for left_first in [false, true] {
        let (mut writer, mut top, ring) = ring_of(16);
        let mut left = after(&ring, [&top]);
        let mut right = after(&ring, [&top]);
        let mut bottom = after(&ring, [&left, &right]);
        for _ in 0..40 {
            publish_at_once(&mut writer);
            for reader in [&mut left, &mut right, &mut bottom] {
                sees_nothing(reader);
            }
            read_one(&mut top);
            sees_nothing(&mut bottom);
            let (sooner, later) =
                if left_first { (&mut left, &mut right) } else { (&mut right, &mut left) };
            read_one(sooner);
            sees_nothing(&mut bottom);
            read_one(later);
            read_one(&mut bottom);
        }
    }
}

#[test]
fn what_is_committed_early_is_seen_early_and_the_rest_is_not() {
    let (mut writer, mut first, ring) = ring_of(16);
    let mut second = after(&ring, [&first]);
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    let mut batch = first.try_batch().unwrap();
    sees_nothing(&mut second);
    for committed in 1..=10 {
        batch.commit_through(Sequence::new(committed - 1));
        assert_eq!(second.try_batch_up_to(usize::MAX).unwrap().len(), 1);
        sees_nothing(&mut second);
    }
    // What is forgotten was not committed.
    drop(batch);
    publish_at_once(&mut writer);
    mem::forget(first.try_batch().unwrap());
    sees_nothing(&mut second);
    read_one(&mut first);
    read_one(&mut second);
}

#[test]
fn the_writer_is_held_back_by_the_last_alone() {
    for capacity in [1, 2, 8] {
        let (mut writer, mut first, ring) = ring_of(capacity);
        let mut second = after(&ring, [&first]);
        let mut third = after(&ring, [&second]);
        for _ in 0..capacity {
            publish_at_once(&mut writer);
        }
        for _ in 0..5 * capacity {
            for reader in [&mut first, &mut second, &mut third] {
                assert_eq!(writer.remaining_capacity(), 0);
                assert!(writer.try_publish(0).is_err());
                read_one(reader);
            }
            assert_eq!(writer.remaining_capacity(), 1);
            publish_at_once(&mut writer);
        }
    }
}

#[test]
fn who_joins_after_one_that_is_behind_waits_until_that_one_has_come_so_far() {
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
fn who_joins_at_the_oldest_event_reads_up_to_where_the_others_are() {
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
fn events_from_before_the_other_has_joined_count_as_committed() {
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
fn nobody_comes_after_a_reader_of_another_ring() {
    let (mut writer, reader, ring) = ring_of(4);
    let (_other_writer, stranger, other) = ring_of(4);
    assert_eq!(ring.reader().after(&stranger).err(), Some(OtherRingError));
    assert_eq!(other.reader().after(&reader).err(), Some(OtherRingError));
    assert_eq!(ring.reader().after(&reader).unwrap().after(&stranger).err(), Some(OtherRingError));
    // Another handle of the same ring is the same ring.
    assert!(ring.clone().reader().after(&reader).is_ok());
    assert_eq!((ring.reader_count(), other.reader_count()), (1, 1));
    drop((reader, stranger));
    for _ in 0..20 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn when_another_leaves_too_early_what_it_has_committed_is_read_and_then_the_error() {
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
                    assert_eq!(blamed_by(&mut third), blame);
                }
                match third.recv() {
                    Err(End::UpstreamLeft(left)) => {
                        assert_eq!(left.member(), &member);
                        assert_eq!(left.member().role(), Role::Reader);
                        assert_eq!(left.to_string(), third.recv().unwrap_err().to_string());
                    }
                    other => panic!("{other:?}"),
                }
                // Of two that have left, the one that was less far is to blame.
                let (who, at) = blamed_by(&mut second);
                assert!(committed == 0 || who == "reader 0");
                assert_eq!(at, 0);
            }
        }
    }
}

#[test]
fn every_way_to_read_says_who_has_left() {
    finite(|| {
        for (name, way) in WAYS_TO_READ {
            let (mut writer, first, ring) = ring_of(8);
            let mut second = after(&ring, [&first]);
            publish_at_once(&mut writer);
            drop(first);
            assert_eq!(blamed(way(&mut second)), ("reader 0".to_owned(), 0), "{name}");
            // Also when the stream has ended: this reader has not read all of it.
            drop(writer);
            assert_eq!(blamed(way(&mut second)), ("reader 0".to_owned(), 0), "{name}");
        }
    });
}

#[test]
fn who_leaves_at_the_end_of_the_stream_does_not_leave_too_early() {
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
fn who_leaves_before_the_last_event_leaves_too_early_even_when_the_ring_is_closed() {
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
            assert_eq!(blamed(second.recv().unwrap_err()), ("reader 0".to_owned(), 2));
        }
    });
}

#[test]
fn who_comes_after_one_that_comes_after_another_is_told_of_the_one_before_it() {
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
            assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 1));
        } else {
            drop(second);
        }
        assert_eq!(blamed_by(&mut third), ("reader 1".to_owned(), 1));
        read_one(&mut fourth);
        assert_eq!(blamed_by(&mut fourth), ("reader 2".to_owned(), 1));
    }
}

#[test]
fn who_has_come_to_its_end_holds_the_writer_up_no_longer_even_if_it_is_kept() {
    for capacity in [1, 4] {
        let (mut writer, first, ring) = ring_of(capacity);
        let mut second = after(&ring, [&first]);
        let mut third = after(&ring, [&second]);
        for _ in 0..capacity {
            publish_at_once(&mut writer);
        }
        drop(first);
        // Nobody has told the readers, and so they still hold the writer up.
        assert!(writer.try_publish(0).is_err());
        assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 0));
        assert!(writer.try_publish(0).is_err());
        assert_eq!(blamed_by(&mut third), ("reader 1".to_owned(), 0));
        assert!(!writer.has_readers());
        for _ in 0..3 * capacity {
            publish_at_once(&mut writer);
        }
        // And each goes on to say so, and where that was.
        assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 0));
        assert_eq!(blamed_by(&mut third), ("reader 1".to_owned(), 0));
        assert_eq!(ring.reader_count(), 2);
        assert_eq!(second.lag(), 4 * capacity as u64);
    }
}

#[test]
fn a_clone_comes_after_the_same_ones_and_reads_on_its_own() {
    let (mut writer, mut first, ring) = ring_of(16);
    let mut second = after(&ring, [&first]);
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    for read in 0..10 {
        let mut clone = second.clone();
        sees_nothing(&mut clone);
        sees_nothing(&mut second);
        read_one(&mut first);
        read_one(&mut clone);
        sees_nothing(&mut clone);
        assert_eq!((second.position().get(), clone.position().get()), (read, read + 1));
        read_one(&mut second);
    }
    // It does not come after the original.
    let mut clone = second.clone();
    drop(second);
    publish_at_once(&mut writer);
    read_one(&mut first);
    read_one(&mut clone);
    drop(first);
    assert_eq!(blamed_by(&mut clone), ("reader 0".to_owned(), 11));
}

#[test]
fn a_clone_of_one_that_knows_of_events_sees_only_what_the_others_have_committed() {
    let (mut writer, mut first, ring) = ring_of(16);
    let mut second = after(&ring, [&first]);
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    assert_eq!(first.try_batch_up_to(4).unwrap().len(), 4);
    // It knows of four, and has read one of them.
    assert_eq!(second.try_batch_up_to(1).unwrap().len(), 1);
    let mut clone = second.clone();
    drop(second);
    assert_eq!(clone.try_batch().unwrap().len(), 3);
    sees_nothing(&mut clone);
    assert_eq!(clone.position().get(), 4);
}

#[test]
fn a_clone_of_one_that_has_come_to_its_end_is_at_its_end_as_well() {
    let (mut writer, first, ring) = ring_of(2);
    let mut second = after(&ring, [&first]);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    drop(first);
    let mut unaware = second.clone();
    assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 0));
    let mut aware = second.clone();
    assert!(writer.try_publish(0).is_err());
    assert_eq!(blamed_by(&mut unaware), ("reader 0".to_owned(), 0));
    // The one that was told before it was cloned never held the writer up.
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    let mut late = aware.clone();
    assert_eq!((late.position().get(), late.lag()), (0, 7));
    for reader in [&mut aware, &mut late] {
        assert_eq!(blamed_by(reader), ("reader 0".to_owned(), 0));
    }
    let mut third = after(&ring, [&late]);
    assert_eq!(blamed_by(&mut third), ("reader 4".to_owned(), 0));
}

#[test]
fn one_that_has_come_to_its_end_may_come_back_and_is_told_again() {
    let (mut writer, first, ring) = ring_of(4);
    let mut second = after(&ring, [&first]);
    let mut third = after(&ring, [&second]);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    drop(first);
    assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 0));
    assert_eq!(second.rejoin(), Ok(4));
    // Who came after it saw it come to its end, which it did.
    assert_eq!(blamed_by(&mut third), ("reader 1".to_owned(), 0));
    assert_eq!((second.position().get(), writer.remaining_capacity()), (4, 4));
    assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 0));
    let mut fourth = after(&ring, [&second]);
    assert_eq!(blamed_by(&mut fourth), ("reader 1".to_owned(), 4));
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn the_place_of_one_that_has_left_is_free_when_nobody_comes_after_it_any_more() {
    let (mut writer, ring) = Ring::builder(4).max_readers(3).build(|| 0);
    for round in 0..20 {
        let mut first = ring.subscribe().unwrap();
        let second = after(&ring, [&first]);
        let third = second.clone();
        publish_at_once(&mut writer);
        drop(first.recv());
        drop(first);
        assert_eq!(ring.reader_count(), 2);
        assert_eq!(ring.subscribe().unwrap_err().max_readers(), 3);
        if round % 2 == 0 {
            drop(second);
            assert_eq!(ring.reader_count(), 1);
            // One place is free, and the other is kept by the third.
            let guest = ring.subscribe().unwrap();
            assert!(ring.subscribe().is_err());
            drop((guest, third));
        } else {
            drop((second, third));
        }
        let everybody = [0; 3].map(|_| ring.subscribe().unwrap());
        assert!(ring.subscribe().is_err());
        for reader in &everybody {
            assert_eq!(reader.position(), writer.cursor());
        }
    }
}

#[test]
fn a_place_is_kept_by_a_description_too_until_that_is_dropped() {
    let (mut writer, ring) = Ring::builder(4).max_readers(1).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    publish_at_once(&mut writer);
    drop(first.try_recv());
    let description = ring.reader().after(&first).unwrap().after(&first).unwrap();
    drop(first);
    assert!(ring.subscribe().is_err());
    // It holds nobody up.
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    // Asked for, it finds no place either, and then the place is free.
    assert_eq!(description.subscribe().unwrap_err().max_readers(), 1);
    let first = ring.subscribe().unwrap();
    drop(ring.reader().after(&first).unwrap());
    assert!(ring.reader().after(&first).unwrap().subscribe().is_err());
    drop(first);
    assert!(ring.subscribe().is_ok());
}

#[test]
fn a_description_outlives_those_that_it_is_after() {
    let (mut writer, mut first, ring) = ring_of(4);
    for _ in 0..3 {
        publish_at_once(&mut writer);
    }
    read_one(&mut first);
    let description = ring.reader().from_oldest().after(&first).unwrap();
    drop(first);
    let mut second = description.subscribe().unwrap();
    read_one(&mut second);
    assert_eq!(blamed_by(&mut second), ("reader 0".to_owned(), 1));
}

/// Two that come one after the other, on a ring where all sleep at once.
fn sleepers(upstreams: usize) -> (Writer<u64>, Vec<Reader<u64>>, Reader<u64>) {
    let builder = Ring::builder(4).reader_wait(PARK).writer_wait(PARK);
    let (writer, ring) = builder.build(|| 0);
    let upstreams: Vec<_> = (0..upstreams).map(|_| ring.subscribe().unwrap()).collect();
    let last = after(&ring, &upstreams);
    (writer, upstreams, last)
}

#[test]
fn who_waits_for_others_is_woken_when_the_last_of_them_commits() {
    finite(|| {
        for others in [1, 2, 5] {
            let (mut writer, mut upstreams, mut last) = sleepers(others);
            for round in 0..count(100) {
                let waiting = thread::spawn(move || {
                    assert_eq!(last.recv(), Ok(event(round)));
                    last
                });
                publish_next(&mut writer);
                let first = round as usize % others;
                for index in 0..others {
                    settle_down(round / 4);
                    assert_eq!(upstreams[(first + index) % others].recv(), Ok(event(round)));
                }
                last = join(waiting);
            }
        }
    });
}

#[test]
fn who_waits_for_others_is_woken_by_the_end() {
    finite(|| {
        for others in [1, 2, 5] {
            for round in 0..8 {
                let (mut writer, mut upstreams, mut last) = sleepers(others);
                let waiting = thread::spawn(move || {
                    let mut tally = Tally::at(last.position());
                    assert_eq!(last.run(|&event, at, _| tally.take_at(at, event)), End::Closed);
                    tally.ends_at(round % 2);
                });
                for _ in 0..round % 2 {
                    publish_next(&mut writer);
                    for upstream in &mut upstreams {
                        upstream.recv().unwrap();
                    }
                }
                settle_down(round);
                drop(writer);
                join(waiting);
                drop(upstreams);
            }
        }
    });
}

#[test]
fn who_waits_for_others_with_a_time_limit_gives_up_and_is_as_good_as_before() {
    finite(|| {
        let (mut writer, mut upstreams, mut last) = sleepers(2);
        for round in 0..count(20) {
            publish_next(&mut writer);
            for upstream in &mut upstreams {
                let short = Duration::from_micros(50);
                assert_eq!(last.recv_timeout(short), Err(ReadTimeoutError::Timeout));
                assert_eq!(last.batch_timeout(short).map(drop), Err(ReadTimeoutError::Timeout));
                assert_eq!(upstream.recv(), Ok(event(round)));
            }
            assert_eq!(last.recv_timeout(Duration::ZERO), Ok(event(round)));
        }
    });
}

#[test]
fn a_writer_that_sleeps_is_woken_when_the_last_in_line_has_come_to_its_end() {
    finite(|| {
        for round in 0..count(40) {
            let (mut writer, upstreams, mut last) = sleepers(1);
            let writing = thread::spawn(move || {
                for _ in 0..20 {
                    publish_next(&mut writer);
                }
            });
            settle_down(round);
            drop(upstreams);
            let mut tally = Tally::at(last.position());
            let end = last.run(|&event, at, _| tally.take_at(at, event));
            assert_eq!(blamed(end), ("reader 0".to_owned(), 0));
            tally.ends_at(0);
            // The reader is still there, and the writer gets done all the same.
            join(writing);
            assert_eq!(last.lag(), 20);
        }
    });
}

/// How far somebody has come, said before it commits and with no ordering of its own.
type Progress = Arc<AtomicU64>;

/// Reads to the end of the stream, and sees to it that those before have done each event.
fn read_after(
    mut reader: Reader<u64>,
    before: Vec<Progress>,
    done: Progress,
    pause_every: u64,
) -> JoinHandle<(Tally, End)> {
    thread::spawn(move || {
        let mut tally = Tally::at(reader.position());
        let end = reader.run(|&event, at, _| {
            for before in &before {
                assert!(before.load(Ordering::Relaxed) > at.get(), "too early");
            }
            tally.take_at(at, event);
            done.store(at.get() + 1, Ordering::Relaxed);
            if at.get().is_multiple_of(pause_every) {
                thread::yield_now();
            }
        });
        (tally, end)
    })
}

/// Numbers that look random and are the same each time.
fn dice(seed: u64, sides: u64) -> u64 {
    event(seed) % sides
}

/// Many readers, each after some of those before it, on many more threads than cores.
fn everybody_after_somebody(capacity: usize, readers: u64, total: u64, seed: u64) {
    finite(move || {
        let waits = [Wait::PARK, PARK, Wait::YIELD, Wait::PARK.spins(500)];
        let wait = |index: u64| waits[dice(seed + index, 4) as usize];
        let builder = Ring::builder(capacity).writer_wait(wait(0));
        let (mut writer, ring) = builder.build(|| 0);
        let mut joined: Vec<(Reader<u64>, Vec<Progress>, Progress)> = Vec::new();
        for index in 0..readers {
            let mut builder = ring.reader().wait(wait(index));
            let mut before = Vec::new();
            for (other, (upstream, _, done)) in (0..).zip(&joined) {
                if dice(seed + 1000 * index + other, 3) == 0 {
                    builder = builder.after(upstream).unwrap();
                    before.push(Arc::clone(done));
                }
            }
            joined.push((builder.subscribe().unwrap(), before, Progress::default()));
        }
        let threads: Vec<_> = (0..)
            .zip(joined)
            .map(|(index, (reader, before, done))| {
                read_after(reader, before, done, 7 + dice(seed + index, 100))
            })
            .collect();
        while writer.cursor().get() < total {
            let next = writer.cursor().get();
            let run = (1 + dice(next, 2 * capacity as u64)).min(total - next);
            if dice(next + seed, 3) == 0 {
                writer.publish_all(events(next..next + run));
            } else {
                publish_next(&mut writer);
            }
        }
        drop(writer);
        for thread in threads {
            let (tally, end) = join(thread);
            assert_eq!(end, End::Closed);
            tally.ends_at(total);
        }
        assert_eq!(ring.reader_count(), 0);
    });
}

#[test]
fn in_any_graph_everybody_sees_everything_after_those_it_comes_after() {
    everybody_after_somebody(1, 4, count(1_000), 1);
    everybody_after_somebody(2, 8, count(2_000), 2);
    everybody_after_somebody(16, 12, count(10_000), 3);
    everybody_after_somebody(256, 20, count(20_000), 4);
}

#[test]
fn when_one_panics_those_behind_it_read_what_it_has_committed_and_the_others_everything() {
    finite(|| {
        let total = count(4_000);
        for panics_at in [0, 1, total / 2, total - 1] {
            let (mut writer, ring) = Ring::builder(8).build(|| 0);
            let steady = ring.subscribe().unwrap();
            let mut fragile = ring.reader().name("fragile").subscribe().unwrap();
            let mut behind = after(&ring, [&steady, &fragile]);
            let mut last = after(&ring, [&behind]);
            let beside = after(&ring, [&steady]);
            let breaking = thread::spawn(move || {
                let _ = fragile.run_until(|&seen, at, _| {
                    assert_eq!(seen, event(at.get()));
                    if at.get() == panics_at {
                        std::panic::resume_unwind(Box::new("on purpose"));
                    }
                    ControlFlow::<()>::Continue(())
                });
            });
            let behind = thread::spawn(move || {
                let mut tally = Tally::at(behind.position());
                let end = behind.run(|&event, at, _| tally.take_at(at, event));
                // The event at which a handler panics counts as read.
                assert_eq!(blamed(end), ("reader \"fragile\"".to_owned(), panics_at + 1));
                tally.ends_at(panics_at + 1);
                behind
            });
            let last = thread::spawn(move || {
                let mut tally = Tally::at(last.position());
                let end = last.run(|&event, at, _| tally.take_at(at, event));
                if panics_at + 1 < total {
                    assert_eq!(blamed(end), ("reader 2".to_owned(), panics_at + 1));
                }
                tally.ends_at(panics_at + 1);
                last
            });
            let steady = thread::spawn(move || drain(steady));
            let beside = thread::spawn(move || drain(beside));
            // One more, or the end of the stream would be where the fragile one has left.
            for _ in 0..=total {
                publish_next(&mut writer);
            }
            assert!(breaking.join().is_err());
            let kept = (join(behind), join(last));
            drop(writer);
            join(steady).ends_at(total + 1);
            join(beside).ends_at(total + 1);
            drop(kept);
        }
    });
}

#[test]
fn who_joins_after_one_that_is_running_sees_no_gap_and_nothing_too_early() {
    finite(|| {
        let total = count(20_000);
        for capacity in [2, 16] {
            let (mut writer, host, ring) = ring_of(capacity);
            let hosting = thread::spawn(move || {
                let mut host = host;
                let done = Progress::default();
                let mut tally = Tally::at(host.position());
                let mut guests = Vec::new();
                loop {
                    let Ok(batch) = host.wait_batch() else { break };
                    for (at, &event) in &batch {
                        tally.take_at(at, event);
                        done.store(at.get() + 1, Ordering::Relaxed);
                    }
                    drop(batch);
                    let position = host.position();
                    if guests.len() < count(100) as usize {
                        let builder = ring.reader().after(&host).unwrap();
                        let builder = match dice(position.get(), 3) {
                            0 => builder.from_oldest(),
                            _ => builder,
                        };
                        // There may be no place left for so many at once.
                        if let Ok(guest) = builder.subscribe() {
                            let stay = dice(position.get(), 50);
                            guests.push(visit(guest, stay, position, Arc::clone(&done)));
                        }
                    }
                }
                drop(host);
                assert!(!guests.is_empty());
                guests.into_iter().for_each(join);
                tally
            });
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            join(hosting).ends_at(total);
        }
    });
}

/// Reads so many events after a host, which was at `hosted_from` when this reader joined.
fn visit(
    mut guest: Reader<u64>,
    stay: u64,
    hosted_from: Sequence,
    done: Progress,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut tally = Tally::at(guest.position());
        let end = tally.next() + stay;
        while tally.next() < end {
            let Ok(batch) = guest.wait_batch_up_to((end - tally.next()) as usize) else { break };
            for (at, &event) in &batch {
                assert!(at < hosted_from || done.load(Ordering::Relaxed) > at.get(), "too early");
                tally.take_at(at, event);
            }
        }
        let end = tally.next().get();
        assert_eq!(guest.position().get(), end);
        tally.ends_at(end);
    })
}

#[test]
fn a_pipeline_whose_first_leaves_comes_to_its_end_one_after_the_other() {
    finite(|| {
        for round in 0..count(30) {
            let (mut writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0);
            let mut first = ring.subscribe().unwrap();
            let mut pipeline = vec![after(&ring, [&first])];
            for _ in 0..6 {
                let last = after(&ring, pipeline.last());
                pipeline.push(last);
            }
            let threads: Vec<_> = (0..)
                .zip(pipeline)
                .map(|(before, mut reader)| {
                    thread::spawn(move || {
                        let mut tally = Tally::at(reader.position());
                        let end = reader.run(|&event, at, _| tally.take_at(at, event));
                        assert_eq!(blamed(end), (format!("reader {before}"), round % 5));
                        tally.ends_at(round % 5);
                    })
                })
                .collect();
            for _ in 0..8 {
                publish_next(&mut writer);
            }
            for _ in 0..round % 5 {
                first.recv().unwrap();
            }
            settle_down(round);
            drop(first);
            threads.into_iter().for_each(join);
            eventually("nobody reads", || !writer.has_readers());
            publish_at_once(&mut writer);
        }
    });
}

#[test]
fn who_waits_is_woken_by_what_another_leaves_out() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        for round in 0..count(50) {
            publish_at_once(&mut writer);
            publish_at_once(&mut writer);
            let waiting = thread::spawn(move || {
                assert_eq!(second.recv(), Ok(event(2 * round)));
                assert_eq!(second.recv(), Ok(event(2 * round + 1)));
                second
            });
            settle_down(round);
            assert_eq!(first.rejoin(), Ok(2));
            second = join(waiting);
        }
    });
}

#[test]
fn who_waits_for_several_is_woken_when_any_of_them_leaves() {
    finite(|| {
        for leaves in 0..3 {
            for round in 0..4 {
                let (writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0_u64);
                let mut upstreams: Vec<Reader<u64>> =
                    (0..3).map(|_| ring.subscribe().unwrap()).collect();
                let mut builder = ring.reader();
                for upstream in &upstreams {
                    builder = builder.after(upstream).unwrap();
                }
                let mut last = builder.subscribe().unwrap();
                let waiting = thread::spawn(move || last.recv());
                settle_down(round);
                drop(upstreams.remove(leaves));
                let end = join(waiting).unwrap_err();
                assert_eq!(blamed(end), (format!("reader {leaves}"), 0));
                drop(writer);
            }
        }
    });
}

#[test]
fn who_waits_for_several_is_woken_when_any_of_them_learns_that_one_before_it_has_left() {
    finite(|| {
        for round in 0..4 {
            let (writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0_u64);
            let steady = ring.subscribe().unwrap();
            let first = ring.subscribe().unwrap();
            let named = ring.reader().name("second");
            let mut second = named.after(&first).unwrap().subscribe().unwrap();
            let builder = ring.reader().after(&steady).unwrap().after(&second).unwrap();
            let mut last = builder.subscribe().unwrap();
            let waiting = thread::spawn(move || last.recv());
            drop(first);
            settle_down(round);
            assert_eq!(blamed(second.recv().unwrap_err()).0, "reader 1");
            assert_eq!(blamed(join(waiting).unwrap_err()).0, "reader \"second\"");
            drop((writer, steady));
        }
    });
}

#[test]
fn who_waits_for_several_is_woken_when_any_of_them_is_evicted() {
    finite(|| {
        for round in 0..4 {
            let (mut writer, ring) = Ring::builder(2).reader_wait(PARK).build(|| 0_u64);
            let mut steady = ring.subscribe().unwrap();
            let slow = ring.reader().name("slow").evict_after(Duration::ZERO).subscribe().unwrap();
            for sequence in 0..2 {
                publish_at_once(&mut writer);
                assert_eq!(steady.recv(), Ok(event(sequence)));
            }
            let builder = ring.reader().after(&steady).unwrap().after(&slow).unwrap();
            let mut last = builder.subscribe().unwrap();
            let waiting = thread::spawn(move || last.recv());
            settle_down(round);
            publish_at_once(&mut writer);
            assert_eq!(blamed(join(waiting).unwrap_err()).0, "reader \"slow\"");
            drop(steady);
        }
    });
}

#[test]
fn who_has_come_to_its_end_holds_the_writer_up_no_longer_whatever_it_has_forgotten() {
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
fn the_error_says_where_the_other_was_and_not_where_the_reader_is() {
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
        assert_eq!(blamed(late.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
        assert_eq!(blamed(late.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
        early.rejoin().unwrap();
        assert_eq!(blamed(early.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
    }
}
