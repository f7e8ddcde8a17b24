//! A reader that joins while the writer publishes sees no gap, is never lapped, and does not
//! stop the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use broadring::{Reader, Ring, Wait};

use crate::common::{Tally, count, drain, finite, join, publish_at_once, publish_next, ring_of};
use crate::rig::{from_oldest, publish_until};

/// Has readers join, read and leave on several threads while the writer publishes, which
/// it does until every thread has done its rounds. Each reader checks that it sees no gap.
/// The third argument makes a reader, given the ring and a reader of that thread, its host.
fn check_readers_that_join_and_leave(
    capacity: usize,
    rounds: u64,
    join_ring: fn(&Ring<u64>, &Reader<u64>, u64) -> Reader<u64>,
) {
    finite(move || {
        const GUESTS: u64 = 3;
        let (writer, steady, ring) = ring_of(capacity);
        let stop = Arc::new(AtomicBool::new(false));
        let guests: Vec<_> = (0..GUESTS)
            .map(|guest| {
                let ring = ring.clone();
                let mut host = ring.subscribe().unwrap();
                thread::spawn(move || {
                    let mut seen = 0;
                    let mut hosted = Tally::at(host.position());
                    for round in 0..rounds {
                        let before = ring.cursor();
                        let mut reader = join_ring(&ring, &host, guest + round);
                        let start = reader.position();
                        // The reader starts at the cursor or at most a ring behind it.
                        assert!(start <= ring.cursor());
                        assert!(start + capacity as u64 >= before);
                        let mut tally = Tally::at(start);
                        let stay = (round * 7 + guest) % (3 * capacity as u64);
                        while tally.next() - start < stay {
                            // The host reads as well, or it would hold the writer back for good.
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
            .flat_map(|guest| {
                (0..rounds).map(move |round| (round * 7 + guest) % (3 * capacity as u64))
            })
            .sum();
        assert!(seen >= stay, "each reader stayed until it had seen enough");
        assert_eq!(ring.reader_count(), 0);
    });
}

#[test]
fn a_reader_that_joins_at_the_cursor_of_a_running_writer_sees_no_gap() {
    for capacity in [1, 4, 64] {
        check_readers_that_join_and_leave(capacity, count(300), |ring, _, _| {
            ring.subscribe().unwrap()
        });
    }
}

#[test]
fn a_reader_that_joins_at_the_oldest_event_of_a_running_writer_sees_no_gap() {
    for capacity in [1, 4, 64] {
        check_readers_that_join_and_leave(capacity, count(300), |ring, _, _| from_oldest(ring));
    }
}

#[test]
fn a_clone_made_while_the_writer_runs_sees_no_gap() {
    for capacity in [1, 4, 64] {
        check_readers_that_join_and_leave(capacity, count(300), |_, host, _| host.clone());
    }
}

#[test]
fn readers_that_join_in_different_ways_while_the_writer_runs_see_no_gap() {
    check_readers_that_join_and_leave(8, count(600), |ring, host, round| match round % 4 {
        0 => ring.subscribe().unwrap(),
        1 => ring.reader().wait(Wait::YIELD).from_oldest().subscribe().unwrap(),
        2 => host.clone(),
        _ => host.clone().clone(),
    });
}

/// Has one reader after another join a ring without other readers. The writer waits for no
/// reader, so it laps every reader whose gate does not hold it back from the very start.
fn check_readers_that_join_a_ring_without_readers(
    capacity: usize,
    subscribe: fn(&Ring<u64>) -> Reader<u64>,
) {
    finite(move || {
        let (writer, early, ring) = ring_of(capacity);
        drop(early);
        let stop = Arc::new(AtomicBool::new(false));
        let publishing = {
            let stop = Arc::clone(&stop);
            thread::spawn(move || publish_until(writer, &stop))
        };
        for round in 0..count(8_000) {
            let mut reader = subscribe(&ring);
            let mut tally = Tally::at(reader.position());
            let end = tally.next() + round % 5 + 1;
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
fn a_reader_that_joins_a_writer_without_readers_is_not_lapped() {
    for capacity in [1, 2, 8] {
        check_readers_that_join_a_ring_without_readers(capacity, |ring| ring.subscribe().unwrap());
        check_readers_that_join_a_ring_without_readers(capacity, from_oldest);
    }
}

#[test]
fn a_clone_is_not_lapped_when_its_original_moves_on_at_once() {
    check_readers_that_join_a_ring_without_readers(1, |ring| {
        // The clone gets a gate below the gate of the original.
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
fn readers_that_join_and_leave_at_once_never_stop_the_writer() {
    finite(|| {
        let (mut writer, early, ring) = ring_of(4);
        drop(early);
        let rounds = count(2_000);
        let guest = {
            let ring = ring.clone();
            thread::spawn(move || {
                for round in 0..rounds {
                    if round % 2 == 0 { drop(from_oldest(&ring)) } else { drop(ring.subscribe()) }
                }
            })
        };
        for _ in 0..rounds {
            publish_next(&mut writer);
        }
        join(guest);
        assert_eq!(ring.reader_count(), 0);
        assert_eq!(writer.remaining_capacity(), 4);
        publish_at_once(&mut writer);
        assert_eq!(ring.cursor().get(), rounds + 1);
    });
}
