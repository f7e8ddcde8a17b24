//! Readers join, are cloned and leave at any time; the writer closes the ring;
//! and each handle lives as long as it likes.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use broadring::{
    End, ReadTimeoutError, Reader, Ring, Sequence, SubscribeError, TryReadError, Wait, Writer,
};
use common::{
    Tally, WAITS, count, drain, event, events, eventually, finite, join, publish_at_once,
    publish_next, ring_of,
};

/// A reader that starts as far back as it can.
fn from_oldest(ring: &Ring<u64>) -> Reader<u64> {
    ring.reader().from_oldest().subscribe().unwrap()
}

#[test]
fn a_reader_from_the_oldest_sees_everything_until_a_whole_ring_is_published() {
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
fn a_reader_from_the_oldest_sees_at_least_the_latest_half_ring() {
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
fn a_reader_from_the_oldest_holds_the_writer_back_like_any_other() {
    let (mut writer, early, ring) = ring_of(8);
    drop(early);
    for _ in 0..21 {
        publish_at_once(&mut writer);
    }
    let mut reader = from_oldest(&ring);
    let mut tally = Tally::at(reader.position());
    let room = 8 - reader.lag() as usize;
    assert!(room <= 4);
    assert_eq!(writer.remaining_capacity(), room);
    for _ in 0..room {
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
fn from_cursor_undoes_from_oldest() {
    let (mut writer, _early, ring) = ring_of(8);
    for _ in 0..3 {
        publish_at_once(&mut writer);
    }
    let reader = ring.reader().from_oldest().from_cursor().subscribe().unwrap();
    assert_eq!(reader.position().get(), 3);
    let reader = ring.reader().from_cursor().from_oldest().subscribe().unwrap();
    assert_eq!(reader.position().get(), 0);
}

#[test]
fn a_clone_starts_where_the_original_stands_and_reads_on_its_own() {
    let (mut writer, mut original, _ring) = ring_of(16);
    for _ in 0..16 {
        publish_at_once(&mut writer);
    }
    for stands_at in 0..16 {
        let mut clone = original.try_clone().unwrap();
        assert_eq!((clone.position().get(), clone.lag()), (stands_at, 16 - stands_at));
        for sequence in stands_at..16 {
            assert_eq!(clone.try_recv(), Ok(event(sequence)));
        }
        assert_eq!(clone.try_recv(), Err(TryReadError::Empty));
        assert_eq!(original.position().get(), stands_at);
        assert_eq!(original.try_recv(), Ok(event(stands_at)));
    }
}

#[test]
fn a_clone_holds_the_writer_back_where_the_original_no_longer_does() {
    // The clone takes the first gate that is vacant: one below the original's,
    // if somebody has left it, or one above.
    for below in [false, true] {
        for original_leaves in [false, true] {
            let (mut writer, first, ring) = ring_of(4);
            let mut original = Some(first);
            if below {
                // Leaves the first gate vacant, for the clone to take.
                original = Some(ring.subscribe().unwrap());
            }
            for _ in 0..4 {
                publish_at_once(&mut writer);
            }
            assert_eq!(original.as_mut().unwrap().try_recv(), Ok(event(0)));
            publish_at_once(&mut writer);
            let mut clone = original.clone().unwrap();
            if original_leaves {
                original = None;
            }
            for sequence in 1..20 {
                if let Some(original) = &mut original {
                    drop(original.try_batch_up_to(4));
                }
                assert!(writer.try_publish(0).is_err(), "the clone stands at {sequence}");
                assert_eq!(writer.remaining_capacity(), 0);
                assert_eq!(clone.try_recv(), Ok(event(sequence)));
                publish_at_once(&mut writer);
            }
        }
    }
}

#[test]
fn a_ring_has_as_many_readers_as_it_was_built_for_and_no_more() {
    for max_readers in [0, 1, 2, 5, 64, 200] {
        let (writer, ring) = Ring::builder(4).max_readers(max_readers).build(|| 0_u64);
        assert_eq!(ring.max_readers(), max_readers);
        let mut readers = Vec::new();
        for joined in 0..max_readers {
            assert_eq!(ring.reader_count(), joined);
            assert_eq!(writer.has_readers(), joined > 0);
            readers.push(ring.subscribe().unwrap());
        }
        for _ in 0..3 {
            let refusals: [SubscribeError; 2] = [
                ring.subscribe().unwrap_err(),
                ring.reader().from_oldest().subscribe().unwrap_err(),
            ];
            for refusal in refusals {
                assert_eq!(refusal.max_readers(), max_readers);
                assert!(refusal.to_string().contains(&max_readers.to_string()));
            }
            if let Some(reader) = readers.first() {
                assert_eq!(reader.try_clone().unwrap_err(), refusals[0]);
            }
            assert_eq!(ring.reader_count(), max_readers);
            // As soon as one leaves, another may join.
            if let Some(left) = readers.pop() {
                drop(left);
                assert_eq!(ring.reader_count(), max_readers - 1);
                readers.push(ring.subscribe().unwrap());
            }
        }
        drop(readers);
        assert_eq!(ring.reader_count(), 0);
        assert!(!writer.has_readers());
    }
}

#[test]
fn a_ring_allows_64_readers_unless_told_otherwise() {
    let (_writer, ring) = Ring::builder(1).build(|| 0_u64);
    assert_eq!(ring.max_readers(), 64);
    let readers: Vec<_> = (0..64).map(|_| ring.subscribe().unwrap()).collect();
    assert_eq!(ring.subscribe().unwrap_err().max_readers(), 64);
    drop(readers);
}

#[test]
fn gates_are_used_again_for_ever() {
    let (mut writer, ring) = Ring::builder(4).max_readers(2).build(|| 0);
    let mut steady = ring.subscribe().unwrap();
    for sequence in 0..count(2_000) {
        let mut guest = ring.subscribe().unwrap();
        publish_at_once(&mut writer);
        assert_eq!(guest.try_recv(), Ok(event(sequence)));
        if sequence % 3 == 0 {
            drop(guest);
            guest = steady.clone();
            assert_eq!(guest.try_recv(), Ok(event(sequence)));
        }
        assert_eq!(guest.try_recv(), Err(TryReadError::Empty));
        assert!(ring.subscribe().is_err());
        assert_eq!(steady.try_recv(), Ok(event(sequence)));
    }
}

#[test]
fn a_gate_that_was_left_behind_holds_nobody_back_when_it_is_taken_again() {
    let (mut writer, steady, ring) = ring_of(4);
    drop(steady);
    for lap in 0..10 {
        let lazy = ring.subscribe().unwrap();
        for _ in 0..4 {
            publish_at_once(&mut writer);
        }
        assert!(writer.try_publish(0).is_err());
        drop(lazy);
        let fresh = ring.subscribe().unwrap();
        assert_eq!(fresh.position().get(), 7 * lap + 4);
        for _ in 0..3 {
            publish_at_once(&mut writer);
        }
        assert_eq!((fresh.lag(), writer.remaining_capacity()), (3, 1));
    }
}

#[test]
fn what_was_published_is_read_before_the_end() {
    finite(|| {
        for left in 0..=8 {
            let (mut writer, mut reader, ring) = ring_of(8);
            for _ in 0..left {
                publish_at_once(&mut writer);
            }
            assert!(!ring.is_closed());
            drop(writer);
            assert!(ring.is_closed());
            for sequence in 0..left {
                assert_eq!(reader.lag(), left - sequence);
                assert_eq!(reader.try_recv(), Ok(event(sequence)));
            }
            // And then it stays closed, however often one asks and whichever way.
            for _ in 0..3 {
                assert_eq!(reader.recv(), Err(End::Closed));
                assert_eq!(reader.try_recv(), Err(TryReadError::Ended(End::Closed)));
                assert_eq!(
                    reader.recv_timeout(Duration::MAX),
                    Err(ReadTimeoutError::Ended(End::Closed))
                );
                assert_eq!(reader.wait_batch().map(drop), Err(End::Closed));
                assert_eq!(reader.wait_batch_up_to(1).map(drop), Err(End::Closed));
                assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Ended(End::Closed)));
                assert_eq!(
                    reader.batch_timeout(Duration::MAX).map(drop),
                    Err(ReadTimeoutError::Ended(End::Closed))
                );
                assert_eq!(reader.iter().next(), None);
                reader.run(|_, _, _| unreachable!("there is nothing left"));
            }
            assert_eq!((reader.position().get(), reader.lag()), (left, 0));
        }
    });
}

#[test]
fn a_reader_that_is_in_the_middle_of_a_batch_sees_the_rest_after_the_end() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    let mut tally = Tally::at(reader.position());
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    reader.try_batch_up_to(2).unwrap().for_each(|&event, at| tally.take_at(at, event));
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    drop(writer);
    while let Ok(batch) = reader.wait_batch_up_to(3) {
        batch.for_each(|&event, at| tally.take_at(at, event));
    }
    tally.ends_at(11);
}

#[test]
fn a_panic_that_unwinds_past_the_writer_closes_the_ring() {
    finite(|| {
        let (mut writer, reader, ring) = ring_of(8);
        let reader = thread::spawn(move || drain(reader));
        let writing = thread::spawn(move || {
            for _ in 0..5 {
                publish_next(&mut writer);
            }
            std::panic::resume_unwind(Box::new("the writer gave up"));
        });
        assert!(writing.join().is_err());
        assert!(ring.is_closed());
        join(reader).ends_at(5);
    });
}

#[test]
fn one_may_join_a_closed_ring() {
    for published in [0, 1, 5, 8, 9, 30] {
        let (mut writer, early, ring) = ring_of(8);
        drop(early);
        for _ in 0..published {
            publish_at_once(&mut writer);
        }
        drop(writer);
        let mut late = ring.subscribe().unwrap();
        assert_eq!((late.position().get(), late.lag()), (published, 0));
        assert_eq!(late.recv(), Err(End::Closed));

        let reader = from_oldest(&ring);
        let start = reader.position();
        assert!(start.get() <= published.saturating_sub(4));
        let tally = drain(reader);
        tally.ends_at(published);

        let mut clone = late.clone();
        assert_eq!(clone.try_recv(), Err(TryReadError::Ended(End::Closed)));
    }
}

#[test]
fn the_end_wakes_every_reader_that_waits() {
    finite(|| {
        for round in 0..count(20) {
            let (mut writer, first, ring) = ring_of(4);
            let readers: Vec<_> = WAITS
                .iter()
                .map(|&wait| ring.reader().wait(wait).subscribe().unwrap())
                .map(|reader| thread::spawn(move || drain(reader)))
                .collect();
            drop(first);
            publish_next(&mut writer);
            (0..10 * round).for_each(|_| thread::yield_now());
            drop(writer);
            for reader in readers {
                join(reader).ends_at(1);
            }
        }
    });
}

#[test]
fn an_event_published_just_before_the_end_is_read() {
    finite(|| {
        for round in 0..count(3_000) {
            let (mut writer, ring) = Ring::builder(2).reader_wait(Wait::YIELD).build(|| 0);
            let mut reader = ring.subscribe().unwrap();
            publish_at_once(&mut writer);
            let reading = thread::spawn(move || {
                assert_eq!(reader.recv(), Ok(event(0)));
                // From here on it looks and looks.
                assert_eq!(reader.recv(), Ok(event(1)));
                assert_eq!(reader.recv(), Err(End::Closed));
            });
            eventually("the reader looks", || writer.remaining_capacity() == 2);
            (0..round % 64).for_each(|_| std::hint::spin_loop());
            publish_at_once(&mut writer);
            drop(writer);
            join(reading);
        }
    });
}

#[test]
fn the_ring_handle_outlives_all_and_knows_it() {
    let (mut writer, reader, ring) = ring_of(16);
    for _ in 0..7 {
        publish_at_once(&mut writer);
    }
    let other = ring.clone();
    drop(ring);
    drop(reader);
    drop(writer);
    assert!(other.is_closed());
    assert_eq!((other.cursor().get(), other.reader_count(), other.capacity()), (7, 0, 16));
    assert!(from_oldest(&other).try_batch().unwrap().events().copied().eq(events(0..7)));
}

#[test]
fn writer_and_readers_go_on_without_the_ring_handle() {
    finite(|| {
        let (mut writer, reader, ring) = ring_of(4);
        drop(ring);
        let reader = thread::spawn(move || drain(reader));
        for _ in 0..100 {
            publish_next(&mut writer);
        }
        drop(writer);
        join(reader).ends_at(100);
    });
}

#[test]
fn a_reader_outlives_writer_and_ring_handle() {
    let (mut writer, reader, ring) = ring_of(4);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    drop(writer);
    drop(ring);
    let clone = reader.clone();
    finite(move || drain(reader)).ends_at(4);
    finite(move || drain(clone)).ends_at(4);
}

#[test]
fn a_reader_keeps_its_name_and_its_clones_share_it() {
    let (_writer, ring) = Ring::builder(4).build(|| 0_u64);
    let nameless = ring.subscribe().unwrap();
    assert_eq!(nameless.name(), None);
    assert_eq!(nameless.clone().name(), None);
    let named = ring.reader().name("journal").subscribe().unwrap();
    let owned = ring.reader().name(String::from("risk")).name("logic").subscribe().unwrap();
    assert_eq!(named.name(), Some("journal"));
    assert_eq!(owned.name(), Some("logic"));
    assert_eq!(named.try_clone().unwrap().name(), Some("journal"));
    assert!(format!("{named:?}").contains("journal"));
}

#[test]
fn a_reader_that_is_moved_to_another_thread_reads_on_where_it_was() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(64);
        let mut tally = Tally::at(reader.position());
        for hop in 1..=20 {
            publish_next(&mut writer);
            publish_next(&mut writer);
            (reader, tally) = join(thread::spawn(move || {
                tally.take(reader.recv().unwrap());
                (reader, tally)
            }));
            assert_eq!((reader.position().get(), reader.lag()), (hop, hop));
        }
        drop(writer);
        while let Ok(event) = reader.recv() {
            tally.take(event);
        }
        tally.ends_at(40);
    });
}

/// Has threads join, read and leave for as long as the writer publishes, which
/// it does until every one of them has done its rounds. Each sees to it that
/// what it reads has no gap.
fn guests_come_and_go(
    capacity: usize,
    rounds: u64,
    guest: fn(&Ring<u64>, &Reader<u64>, u64) -> Reader<u64>,
) {
    finite(move || {
        const GUESTS: u64 = 3;
        let (writer, steady, ring) = ring_of(capacity);
        let stop = Arc::new(AtomicBool::new(false));
        let guests: Vec<_> = (0..GUESTS)
            .map(|name| {
                let ring = ring.clone();
                let mut host = ring.subscribe().unwrap();
                thread::spawn(move || {
                    let mut seen = 0;
                    let mut hosted = Tally::at(host.position());
                    for round in 0..rounds {
                        let before = ring.cursor();
                        let mut reader = guest(&ring, &host, name + round);
                        let start = reader.position();
                        // It starts no later than the cursor was when it joined.
                        assert!(start <= ring.cursor());
                        assert!(start + capacity as u64 >= before);
                        let mut tally = Tally::at(start);
                        let stay = (round * 7 + name) % (3 * capacity as u64);
                        while tally.next() - start < stay {
                            // The host must not hold the writer back for ever.
                            if let Ok(batch) = host.try_batch() {
                                batch.for_each(|&event, at| hosted.take_at(at, event));
                            }
                            let batch = reader.wait_batch_up_to(1 + round as usize % 5).unwrap();
                            batch.for_each(|&event, sequence| tally.take_at(sequence, event));
                        }
                        drop(reader);
                        let end = tally.next();
                        seen += end - start;
                        tally.ends_at(end.get());
                    }
                    drop(host);
                    hosted.ends_at(hosted.next().get());
                    seen
                })
            })
            .collect();
        let steady = thread::spawn(move || drain(steady));
        let publishing = {
            let stop = Arc::clone(&stop);
            thread::spawn(move || publish_until(writer, &stop))
        };
        let mut seen = 0;
        for guest in guests {
            seen += join(guest);
        }
        stop.store(true, Ordering::Relaxed);
        let published = join(publishing);
        join(steady).ends_at(published);
        let stay: u64 = (0..GUESTS)
            .flat_map(|name| {
                (0..rounds).map(move |round| (round * 7 + name) % (3 * capacity as u64))
            })
            .sum();
        assert!(seen >= stay, "each guest stayed until it had seen enough");
        assert_eq!(ring.reader_count(), 0);
    });
}

/// Publishes until told to stop, then closes the ring; returns how many.
fn publish_until(mut writer: Writer<u64>, stop: &AtomicBool) -> u64 {
    while !stop.load(Ordering::Relaxed) {
        let next = writer.cursor().get();
        if next.is_multiple_of(5) {
            let run = (writer.capacity() as u64 / 2).max(1);
            writer.publish_all(events(next..next + run));
        } else {
            publish_next(&mut writer);
        }
    }
    writer.cursor().get()
}

#[test]
fn who_joins_at_the_cursor_while_the_writer_publishes_sees_no_gap() {
    for capacity in [1, 4, 64] {
        guests_come_and_go(capacity, count(300), |ring, _, _| ring.subscribe().unwrap());
    }
}

#[test]
fn who_joins_at_the_oldest_event_while_the_writer_publishes_sees_no_gap() {
    for capacity in [1, 4, 64] {
        guests_come_and_go(capacity, count(300), |ring, _, _| from_oldest(ring));
    }
}

#[test]
fn who_is_cloned_while_the_writer_publishes_sees_no_gap() {
    for capacity in [1, 4, 64] {
        guests_come_and_go(capacity, count(300), |_, host, _| host.clone());
    }
}

#[test]
fn who_joins_one_way_or_another_while_the_writer_publishes_sees_no_gap() {
    guests_come_and_go(8, count(600), |ring, host, round| match round % 4 {
        0 => ring.subscribe().unwrap(),
        1 => ring.reader().wait(Wait::YIELD).from_oldest().subscribe().unwrap(),
        2 => host.clone(),
        _ => host.clone().clone(),
    });
}

/// One visitor after another joins a ring on which nobody else holds the writer
/// back, so that it is free to lap whoever does not hold on at once.
fn visitors_on_a_free_running_ring(capacity: usize, join_in: fn(&Ring<u64>) -> Reader<u64>) {
    finite(move || {
        let (writer, early, ring) = ring_of(capacity);
        drop(early);
        let stop = Arc::new(AtomicBool::new(false));
        let publishing = {
            let stop = Arc::clone(&stop);
            thread::spawn(move || publish_until(writer, &stop))
        };
        for visit in 0..count(8_000) {
            let mut reader = join_in(&ring);
            let mut tally = Tally::at(reader.position());
            let end = tally.next() + visit % 5 + 1;
            while tally.next() < end {
                tally.take(reader.recv().unwrap());
            }
            tally.ends_at(end.get());
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(join(publishing), ring.cursor().get());
    });
}

#[test]
fn who_joins_a_free_running_writer_is_not_lapped() {
    for capacity in [1, 2, 8] {
        visitors_on_a_free_running_ring(capacity, |ring| ring.subscribe().unwrap());
        visitors_on_a_free_running_ring(capacity, from_oldest);
    }
}

#[test]
fn a_clone_whose_original_moves_on_at_once_is_not_lapped() {
    visitors_on_a_free_running_ring(1, |ring| {
        // The clone gets a gate below that of the original.
        let vacated = ring.subscribe().unwrap();
        let mut original = ring.subscribe().unwrap();
        drop(vacated);
        original.recv().unwrap();
        let clone = original.clone();
        original.recv().unwrap();
        clone
    });
}

#[test]
fn joining_and_leaving_never_stop_a_writer_that_runs_free() {
    finite(|| {
        let (mut writer, early, ring) = ring_of(4);
        drop(early);
        let visits = count(2_000);
        let visiting = {
            let ring = ring.clone();
            thread::spawn(move || {
                for visit in 0..visits {
                    if visit % 2 == 0 { drop(from_oldest(&ring)) } else { drop(ring.subscribe()) }
                }
            })
        };
        for _ in 0..visits {
            publish_next(&mut writer);
        }
        join(visiting);
        assert_eq!(ring.reader_count(), 0);
        assert_eq!(writer.remaining_capacity(), 4);
        publish_at_once(&mut writer);
        assert_eq!(ring.cursor().get(), visits + 1);
    });
}

#[test]
fn the_writer_notices_when_somebody_joins_and_when_nobody_is_left() {
    finite(|| {
        let (writer, reader, ring) = ring_of(4);
        assert!(writer.has_readers());
        let reading = thread::spawn(move || drop(reader));
        eventually("nobody reads", || !writer.has_readers());
        join(reading);
        let guest = thread::spawn(move || ring.subscribe().unwrap());
        eventually("somebody reads", || writer.has_readers());
        let guest = join(guest);
        assert_eq!(guest.position(), Sequence::new(0));
    });
}
