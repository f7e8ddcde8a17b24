//! A waiting thread is woken by what it waits for, and by nothing less; and time limits are kept.

mod common;

use std::thread;
use std::time::{Duration, Instant};

use broadring::{End, ReadTimeoutError, Ring, Wait};
use common::{WAITS, count, drain, event, finite, join, publish_next, ring_of};

/// The ways to wait that leave the core to others, for tests with more threads
/// than cores.
const PATIENT: [Wait; 4] =
    [Wait::PARK, Wait::PARK.spins(0).yields(0), Wait::YIELD, Wait::YIELD.spins(0)];

/// Two threads that wait for each other's event, over two rings.
fn ping_pong(reader_wait: Wait, rounds: u64) {
    finite(move || {
        let build = || Ring::builder(2).reader_wait(reader_wait).build(|| 0);
        let ((mut there, there_ring), (mut back, back_ring)) = (build(), build());
        let mut from_here = there_ring.subscribe().unwrap();
        let mut from_there = back_ring.subscribe().unwrap();
        let echo = thread::spawn(move || {
            let mut echoed = 0;
            while let Ok(ping) = from_here.recv() {
                back.publish(!ping);
                echoed += 1;
            }
            echoed
        });
        for round in 0..rounds {
            there.publish(event(round));
            assert_eq!(from_there.recv(), Ok(!event(round)));
        }
        drop(there);
        assert_eq!(join(echo), rounds);
        assert_eq!(from_there.recv(), Err(End::Closed));
    });
}

#[test]
fn a_waiting_reader_is_woken_by_every_publish() {
    for wait in PATIENT {
        ping_pong(wait, count(2_000));
    }
    ping_pong(Wait::SPIN, count(50));
}

#[test]
fn a_waiting_writer_is_woken_by_every_commit() {
    finite(|| {
        let total = count(4_000);
        for wait in PATIENT {
            for capacity in [1, 2] {
                let (mut writer, ring) = Ring::builder(capacity)
                    .writer_wait(wait)
                    .reader_wait(Wait::PARK.spins(0).yields(0))
                    .build(|| 0);
                let reader = ring.subscribe().unwrap();
                let reader = thread::spawn(move || drain(reader));
                for _ in 0..total {
                    publish_next(&mut writer);
                }
                drop(writer);
                join(reader).ends_at(total);
            }
        }
    });
}

#[test]
fn a_waiting_writer_is_woken_when_readers_leave_without_reading() {
    finite(|| {
        for wait in PATIENT {
            let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
            for round in 0..count(200) {
                let readers: Vec<_> = (0..3).map(|_| ring.subscribe().unwrap()).collect();
                let writing = thread::spawn(move || {
                    publish_next(&mut writer);
                    publish_next(&mut writer);
                    writer
                });
                for reader in readers {
                    (0..round % 7).for_each(|_| thread::yield_now());
                    drop(reader);
                }
                writer = join(writing);
                assert_eq!(writer.cursor().get(), 2 * round + 2);
            }
        }
    });
}

#[test]
fn readers_that_sleep_together_are_all_woken() {
    finite(|| {
        let total = count(1_000);
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let readers: Vec<_> = (0..10)
            .map(|index| {
                let wait = Wait::PARK.spins(index % 3).yields(index % 2);
                let reader = ring.reader().wait(wait).subscribe().unwrap();
                thread::spawn(move || drain(reader))
            })
            .collect();
        for sequence in 0..total {
            publish_next(&mut writer);
            (0..sequence % 3).for_each(|_| thread::yield_now());
        }
        drop(writer);
        for reader in readers {
            join(reader).ends_at(total);
        }
    });
}

#[test]
fn readers_that_went_to_sleep_at_different_times_are_both_woken() {
    finite(|| {
        let total = count(500);
        let (mut writer, ring) = Ring::builder(64).build(|| 0);
        let wait = Wait::PARK.spins(0).yields(0);
        let mut later = ring.reader().wait(wait).subscribe().unwrap();
        let mut sooner = later.clone();
        for round in 0..total {
            let read = move || {
                assert_eq!(sooner.recv(), Ok(event(2 * round)));
                assert_eq!(sooner.recv(), Ok(event(2 * round + 1)));
                sooner
            };
            let reading = thread::spawn(read);
            publish_next(&mut writer);
            let also_reading = thread::spawn(move || {
                assert_eq!(later.recv(), Ok(event(2 * round)));
                assert_eq!(later.recv(), Ok(event(2 * round + 1)));
                later
            });
            publish_next(&mut writer);
            sooner = join(reading);
            later = join(also_reading);
        }
    });
}

#[test]
fn reading_with_a_time_limit_gives_up_but_not_too_early() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(4).reader_wait(wait).build(|| 0);
            let mut reader = ring.subscribe().unwrap();
            for round in 0..3 {
                for milliseconds in [0, 1, 4] {
                    let limit = Duration::from_millis(milliseconds);
                    let start = Instant::now();
                    assert_eq!(reader.recv_timeout(limit), Err(ReadTimeoutError::Timeout));
                    assert!(start.elapsed() >= limit, "gave up too early");
                    let start = Instant::now();
                    let batch = reader.batch_timeout(limit);
                    assert_eq!(batch.map(drop), Err(ReadTimeoutError::Timeout));
                    assert!(start.elapsed() >= limit, "gave up too early");
                }
                assert_eq!(reader.position().get(), round);
                publish_next(&mut writer);
                assert_eq!(reader.recv_timeout(Duration::ZERO), Ok(event(round)));
            }
            publish_next(&mut writer);
            assert_eq!(reader.batch_timeout(Duration::ZERO).unwrap().len(), 1);
            drop(writer);
            assert_eq!(
                reader.recv_timeout(Duration::ZERO),
                Err(ReadTimeoutError::Ended(End::Closed))
            );
        }
    });
}

#[test]
fn reading_with_a_time_limit_is_woken_in_time() {
    finite(|| {
        for wait in WAITS {
            for limit in [Duration::from_secs(3600), Duration::MAX] {
                let (mut writer, ring) = Ring::builder(4).reader_wait(wait).build(|| 0);
                let mut reader = ring.subscribe().unwrap();
                let reading = thread::spawn(move || {
                    assert_eq!(reader.recv_timeout(limit), Ok(event(0)));
                    assert_eq!(reader.batch_timeout(limit).unwrap()[0], event(1));
                    assert_eq!(
                        reader.recv_timeout(limit),
                        Err(ReadTimeoutError::Ended(End::Closed))
                    );
                });
                publish_next(&mut writer);
                thread::yield_now();
                publish_next(&mut writer);
                thread::yield_now();
                drop(writer);
                join(reading);
            }
        }
    });
}

#[test]
fn a_reader_that_gave_up_waiting_does_not_harm_later_waits() {
    finite(|| {
        let wait = Wait::PARK.spins(0).yields(0);
        let (mut writer, ring) = Ring::builder(1).reader_wait(wait).writer_wait(wait).build(|| 0);
        let mut reader = ring.subscribe().unwrap();
        for round in 0..count(100) {
            let short = Duration::from_micros(10);
            assert_eq!(reader.recv_timeout(short), Err(ReadTimeoutError::Timeout));
            let waiting = thread::spawn(move || {
                assert_eq!(reader.recv(), Ok(event(round)));
                reader
            });
            publish_next(&mut writer);
            reader = join(waiting);
        }
        publish_next(&mut writer);
        let refused = writer.publish_timeout(0, Duration::from_micros(10));
        assert!(refused.is_err());
        let waiting = thread::spawn(move || publish_next(&mut writer));
        reader.recv().unwrap();
        join(waiting);
    });
}

#[test]
fn a_reader_has_its_own_wait_strategy_or_else_that_of_the_ring() {
    let (_writer, ring) = Ring::builder(4).reader_wait(Wait::YIELD).build(|| 0_u64);
    assert!(format!("{:?}", ring.reader()).contains(&format!("{:?}", Wait::YIELD)));
    let own = ring.reader().wait(Wait::SPIN);
    assert!(format!("{own:?}").contains(&format!("{:?}", Wait::SPIN)));
    assert_eq!(Wait::default(), Wait::PARK);
    assert_ne!(Wait::PARK.spins(3), Wait::PARK);
    assert_eq!(Wait::PARK.spins(3).spins(4), Wait::PARK.spins(4));
    assert_eq!(Wait::PARK.yields(5).spins(4), Wait::PARK.spins(4).yields(5));
}

#[test]
fn many_more_threads_than_cores_get_done() {
    finite(|| {
        let total = count(500);
        let cores = thread::available_parallelism().map_or(2, |cores| cores.get());
        let readers = if cfg!(miri) { 4 } else { (8 * cores).min(48) };
        for wait in PATIENT {
            let (mut writer, ring) =
                Ring::builder(8).reader_wait(wait).writer_wait(wait).build(|| 0);
            let readers: Vec<_> = (0..readers)
                .map(|_| {
                    let reader = ring.subscribe().unwrap();
                    thread::spawn(move || drain(reader))
                })
                .collect();
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            for reader in readers {
                join(reader).ends_at(total);
            }
        }
    });
}

/// The time for which this thread has had a core, in clock ticks.
#[cfg(all(target_os = "linux", not(miri)))]
fn ticks_on_a_core() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    // The name, in parentheses, may hold anything; `utime` and `stime` are the
    // 12th and 13th fields after it.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<_> = fields.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[cfg(all(target_os = "linux", not(miri)))]
#[test]
fn a_parked_thread_needs_no_core() {
    // Half a second is at least 50 ticks, at 100 a second. Who polls for so long
    // needs about half of them even if the cores are shared with others.
    let idle = Duration::from_millis(500);
    finite(move || {
        let (_writer, mut reader, _ring) = ring_of(1);
        let before = ticks_on_a_core();
        assert_eq!(reader.recv_timeout(idle), Err(ReadTimeoutError::Timeout));
        let used = ticks_on_a_core() - before;
        assert!(used < 10, "an idle reader used {used} ticks");
    });
    finite(move || {
        let (mut writer, _stuck, _ring) = ring_of(1);
        publish_next(&mut writer);
        let before = ticks_on_a_core();
        assert!(writer.publish_timeout(0, idle).is_err());
        let used = ticks_on_a_core() - before;
        assert!(used < 10, "a writer that waits used {used} ticks");
    });
}

#[test]
fn every_handle_waits_as_it_is_told_and_shows_its_wait_strategy() {
    let (reader_wait, writer_wait) = (Wait::YIELD.spins(1), Wait::PARK.yields(3));
    let builder = Ring::builder(2).reader_wait(reader_wait).writer_wait(writer_wait);
    let (writer, ring) = builder.build(|| 0);
    let told = |wait: Wait| format!("wait: {wait:?}");
    assert!(format!("{writer:?}").contains(&told(writer_wait)));
    let reader = ring.subscribe().unwrap();
    assert!(format!("{reader:?}").contains(&told(reader_wait)));
    let other = ring.reader().wait(Wait::SPIN).subscribe().unwrap();
    assert!(format!("{other:?}").contains(&told(Wait::SPIN)));
    assert!(format!("{:?}", other.clone()).contains(&told(Wait::SPIN)));
}
