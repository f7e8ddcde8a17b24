//! A wait set waits for several handles at once, sleeps until one of them is ready, and loses no
//! wake-up, whatever it comes from.

mod common;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Editor, Observer, Reader, Ring, TryReadError, Wait, WaitSet, Waitable, Writer};
use common::{
    PARK, Tally, WAITS, count, eventually, finite, join, publish_at_once, publish_next, ring_of,
    settle_down,
};

/// So many rings, and a reader of each.
fn rings(count: usize, capacity: usize) -> (Vec<Writer<u64>>, Vec<Reader<u64>>) {
    (0..count).map(|_| ring_of(capacity)).map(|(writer, reader, _)| (writer, reader)).unzip()
}

/// A wait set that sleeps at once.
fn sleeper() -> WaitSet {
    WaitSet::new().strategy(PARK)
}

#[test]
fn the_first_handle_that_is_ready_is_returned_without_waiting() {
    finite(|| {
        let (mut writers, mut readers) = rings(4, 8);
        let mut set = sleeper();
        publish_at_once(&mut writers[3]);
        assert_eq!(set.wait(&readers), 3);
        publish_at_once(&mut writers[1]);
        for _ in 0..3 {
            assert_eq!(set.wait(&readers), 1, "nothing was read");
        }
        readers[1].try_recv().unwrap();
        assert_eq!(set.wait(&readers), 3);
        // Any selection in any order.
        assert_eq!(set.wait(&[&readers[2], &readers[0], &readers[3]]), 2);
    });
}

#[test]
fn a_wait_set_waits_as_it_was_told_to() {
    let told = |set: WaitSet, wait| assert!(format!("{set:?}").contains(&format!("{wait:?}")));
    told(WaitSet::new(), Wait::PARK);
    told(WaitSet::new().strategy(Wait::YIELD), Wait::YIELD);
}

#[test]
fn a_handle_whose_stream_has_ended_is_ready() {
    finite(|| {
        let (mut writers, readers) = rings(2, 2);
        let mut set = sleeper();
        drop(writers.pop());
        assert_eq!(set.wait(&readers), 1);

        let (mut writer, upstream, ring) = ring_of(2);
        let behind = ring.reader().after(&upstream).unwrap().subscribe().unwrap();
        let evictable = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
        let open = [&readers[0] as &dyn Waitable, &behind];
        assert_eq!(set.wait_timeout(&open, Duration::ZERO), None);
        drop(upstream);
        assert_eq!(set.wait(&open), 1);
        drop(behind);
        (0..3).for_each(|_| _ = publish_next(&mut writer));
        assert_eq!(set.wait(&[&readers[0], &evictable]), 1, "it was evicted");
    });
}

#[test]
fn a_time_limit_is_kept_and_not_cut_short() {
    finite(|| {
        let (mut writers, readers) = rings(3, 8);
        for wait in WAITS {
            let mut set = WaitSet::new().strategy(wait);
            for milliseconds in [0, 1, 5] {
                let limit = Duration::from_millis(milliseconds);
                let start = Instant::now();
                assert_eq!(set.wait_timeout(&readers, limit), None);
                assert_eq!(set.wait_deadline(&readers, start + 2 * limit), None);
                assert!(start.elapsed() >= 2 * limit, "gave up too early");
            }
            assert_eq!(set.wait_timeout::<&Reader<u64>>(&[], Duration::from_millis(1)), None);
        }
        publish_at_once(&mut writers[2]);
        assert_eq!(sleeper().wait_timeout(&readers, Duration::ZERO), Some(2));
        assert_eq!(sleeper().wait_timeout(&readers, Duration::MAX), Some(2));
    });
}

#[test]
#[should_panic = "a wait set cannot wait for no handle at all"]
fn waiting_for_nothing_is_a_mistake() {
    sleeper().wait::<Reader<u64>>(&[]);
}

/// Lets a thread wait for a handle, beside one that is never ready; wakes it, and joins it.
fn wakes<W: Waitable + Send + 'static>(handle: W, round: u64, wake: impl FnOnce()) -> W {
    let (never_publishes, never_ready, _) = ring_of(1);
    let waiting = thread::spawn(move || {
        let both: [&dyn Waitable; 2] = [&never_ready, &handle];
        assert_eq!(sleeper().wait(&both), 1);
        handle
    });
    settle_down(round);
    wake();
    let handle = join(waiting);
    drop(never_publishes);
    handle
}

#[test]
fn a_sleeping_thread_is_woken_by_whatever_makes_a_reader_ready() {
    finite(|| {
        for round in 0..count(60) {
            let (mut writer, [editor], ring) =
                Ring::builder(4).writer_wait(PARK).build_with_editors(["edit"], || 0);
            let observer = ring.observe().unwrap();
            let mut upstream = ring.subscribe().unwrap();
            let dependent = ring.reader().after(&upstream).unwrap().subscribe().unwrap();

            let mut editor: Editor<u64> = wakes(editor, round, || publish_at_once(&mut writer));
            let pass_on = |editor: &mut Editor<u64>| drop(editor.try_batch().unwrap());
            let mut observer: Observer<u64> = wakes(observer, round, || pass_on(&mut editor));
            assert_eq!(observer.look().unwrap().len(), 1);
            let mut dependent = wakes(dependent, round, || drop(upstream.try_recv()));
            dependent.try_recv().unwrap();
            let dependent = wakes(dependent, round, || drop(upstream));
            drop(dependent);

            let reader = ring.subscribe().unwrap();
            let reader = match round % 3 {
                0 => wakes(reader, round, || drop(editor)),
                1 => {
                    drop(editor);
                    wakes(reader, round, || drop(writer))
                }
                _ => {
                    publish_at_once(&mut writer);
                    wakes(reader, round, || pass_on(&mut editor))
                }
            };
            drop(reader);
        }
    });
}

#[test]
fn the_events_of_many_writers_all_arrive_however_the_thread_waits() {
    finite(|| {
        for wait in WAITS {
            let total = count(1_000);
            let (writers, mut readers) = rings(5, 4);
            let writing: Vec<_> = writers
                .into_iter()
                .zip(1..)
                .map(|(mut writer, share)| {
                    thread::spawn(move || {
                        for round in 0..total / share {
                            if round % 64 == 0 {
                                settle_down(round / 64);
                            }
                            publish_next(&mut writer);
                        }
                    })
                })
                .collect();
            let mut tallies: Vec<_> =
                readers.iter().map(|reader| Tally::at(reader.position())).collect();
            let mut open: Vec<usize> = (0..readers.len()).collect();
            let mut set = WaitSet::new().strategy(wait);
            while !open.is_empty() {
                let waiting: Vec<_> = open.iter().map(|&index| &readers[index]).collect();
                let ready = open[set.wait(&waiting)];
                match readers[ready].try_batch() {
                    Ok(batch) => batch.for_each(|&event, at| tallies[ready].take_at(at, event)),
                    Err(TryReadError::Ended(_)) => open.retain(|&index| index != ready),
                    Err(TryReadError::Empty) => panic!("it is ready"),
                }
            }
            for (tally, share) in tallies.iter().zip(1..) {
                tally.ends_at(total / share);
            }
            writing.into_iter().for_each(join);
        }
    });
}

#[test]
fn several_readers_of_one_ring_may_be_waited_for_wherever_they_are() {
    finite(|| {
        for round in 0..count(60) {
            let (mut writer, ahead, ring) = ring_of(8);
            let mut behind = ring.subscribe().unwrap();
            let mut ahead = ahead;
            (0..3).for_each(|_| publish_at_once(&mut writer));
            drop(ahead.try_batch().unwrap());
            let upstream = ring.subscribe().unwrap();
            let dependent = ring.reader().after(&upstream).unwrap().subscribe().unwrap();
            let waiting = thread::spawn(move || {
                let both = [&dependent, &ahead];
                let ready = sleeper().wait(&both);
                let all = [&ahead, &dependent, &behind];
                assert_eq!(sleeper().wait(&all[1..]), 1, "it was behind all the time");
                drop(behind.try_batch().unwrap());
                ready
            });
            settle_down(round);
            publish_at_once(&mut writer);
            assert_eq!(join(waiting), 1);
        }
    });
}

#[test]
fn several_threads_may_wait_for_the_same_handles() {
    finite(|| {
        for round in 0..count(60) {
            let (mut writers, readers) = rings(2, 2);
            let readers = Arc::new(readers);
            let waiting: Vec<_> = (0..3)
                .map(|_| {
                    let readers = Arc::clone(&readers);
                    thread::spawn(move || sleeper().wait(&readers))
                })
                .collect();
            settle_down(round);
            publish_at_once(&mut writers[1]);
            assert!(waiting.into_iter().all(|thread| join(thread) == 1));
        }
    });
}

#[test]
fn a_thread_that_waits_really_sleeps() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let reader = ring.subscribe().unwrap();
        let (_other_writer, other, _) = ring_of(2);
        let waiting = thread::spawn(move || sleeper().wait(&[&other, &reader]));
        // A wake-up is counted only where somebody is registered.
        eventually("it is woken", || {
            writer.publish(1);
            ring.stats().reader_wakes > 0 || waiting.is_finished()
        });
        assert_eq!(join(waiting), 1);
    });
}

#[test]
fn a_wait_that_is_over_leaves_no_registration_behind() {
    let (mut writers, mut readers) = rings(2, 8);
    let mut set = sleeper();
    for round in 0..10 {
        assert_eq!(set.wait_timeout(&readers, Duration::from_millis(1)), None);
        publish_at_once(&mut writers[round % 2]);
        assert_eq!(set.wait(&readers), round % 2);
        readers[round % 2].try_recv().unwrap();
    }
    // What is left of it, a position to wake somebody for, is gone after one wake-up.
    let wakes = |writers: &[Writer<u64>]| -> u64 {
        writers.iter().map(|writer| writer.stats().reader_wakes).sum()
    };
    writers.iter_mut().for_each(publish_at_once);
    let before = wakes(&writers);
    writers.iter_mut().for_each(publish_at_once);
    assert_eq!(wakes(&writers), before);
}
