//! A merged reader that waits sleeps, and is woken by whatever lets it go on.

#![cfg(not(all(loom, feature = "loom")))]

mod common;

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use broadring::{End, ReadTimeoutError, TryReadError};
use broadring_order::clock::{Clock, Hlc, Lamport, Monotonic, Turns};
use broadring_order::{Merged, Writers};
use common::{PARK, WAITS, count, finite, join, settle_down};

/// Each of the talkers answers the one before it, which it hears through the order. All sleep whenever
/// they have nothing to do, and so do listeners, so that whoever publishes has many to wake: meanwhile
/// the answer may have come already.
fn converse(clock: impl Clock + Clone, talkers: u64, listeners: u64) {
    finite(move || {
        let words = count(6_000);
        let (writers, order) = Writers::builder(8).clock(clock).build(|| u64::MAX);
        let reader = || order.reader().wait(PARK).subscribe().unwrap();
        let listening: Vec<_> = (0..listeners)
            .map(|_| {
                let mut reader = reader();
                thread::spawn(move || {
                    let mut next = 0;
                    let end = reader.run(|heard| {
                        assert_eq!((heard.position, *heard.event), (next, next));
                        next += 1;
                    });
                    (next, end)
                })
            })
            .collect();
        let mut talking: Vec<_> = (0..talkers).map(|_| (writers.join(), reader())).collect();
        talking[0].0.publish(0);
        let talking: Vec<_> = talking
            .into_iter()
            .zip(0..)
            .map(|((mut writer, mut reader), me)| {
                thread::spawn(move || {
                    for word in 0..words {
                        let heard = reader.recv().unwrap();
                        assert_eq!((heard.position, heard.event), (word, word));
                        if (word + 1) % talkers == me && word + 1 < words {
                            writer.publish(word + 1);
                        }
                    }
                })
            })
            .collect();
        drop(writers);
        talking.into_iter().for_each(join);
        for listener in listening {
            assert_eq!(join(listener), (words, End::Closed));
        }
    });
}

#[test]
fn an_answer_is_heard_although_the_question_is_still_waking_others() {
    converse(Turns::new(), 2, 3);
    converse(Turns::new(), 3, 1);
    converse(Lamport::new(), 2, 2);
    converse(Hlc::new(), 3, 2);
    converse(Monotonic::new(), 2, 3);
}

#[test]
fn the_first_event_of_a_new_writer_wakes_readers_that_sleep() {
    finite(|| {
        for round in 0..count(200) {
            let (writers, order) = Writers::builder(4).clock(Turns::new()).build(|| 0_u64);
            let there = (round % 3 != 0).then(|| writers.join());
            let reading: Vec<_> = (0..2)
                .map(|_| {
                    let mut reader = order.reader().wait(PARK).subscribe().unwrap();
                    thread::spawn(move || {
                        let first = reader.recv().unwrap();
                        (first.source.get(), first.event, reader.recv().unwrap().event)
                    })
                })
                .collect();
            settle_down(round);
            let mut newcomer = writers.join();
            settle_down(round / 2);
            newcomer.publish(7);
            settle_down(round / 4);
            // And another one.
            writers.join().publish(8);
            let source = u32::from(there.is_some());
            for reader in reading {
                assert_eq!(join(reader), (source, 7, 8));
            }
        }
    });
}

#[test]
fn a_reader_that_sleeps_is_woken_by_any_of_many_writers() {
    finite(|| {
        let (writers, order) = Writers::builder(2).clock(Lamport::new()).build(|| 0_u64);
        let mut several: Vec<_> = (0..20).map(|_| writers.join()).collect();
        let heard = Arc::new(AtomicU64::new(0));
        let reading = {
            let heard = Arc::clone(&heard);
            let mut reader = order.reader().wait(PARK).subscribe().unwrap();
            thread::spawn(move || {
                reader.run(|event| heard.store(event.event + 1, Ordering::Release))
            })
        };
        for number in 0..count(400) {
            several[(common::mixed(number) % 20) as usize].publish(number);
            // The next only when this one was read: so the reader sleeps, or is about to.
            common::eventually("the reader has heard it", || {
                heard.load(Ordering::Acquire) == number + 1
            });
        }
        drop((writers, several));
        assert_eq!(join(reading), End::Closed);
    });
}

#[test]
fn every_wait_strategy_gets_everything() {
    finite(|| {
        for wait in WAITS {
            let (writers, order) = Writers::builder(4).writer_wait(wait).build(|| 0_u64);
            let reading: Vec<_> = (0..2)
                .map(|_| {
                    let mut reader = order.reader().wait(wait).subscribe().unwrap();
                    thread::spawn(move || {
                        let mut sum = 0;
                        reader.run(|event| sum += event.event);
                        sum
                    })
                })
                .collect();
            let writing: Vec<_> = (0..3)
                .map(|_| {
                    let mut writer = writers.join();
                    thread::spawn(move || writer.publish_all(1..=count(2_000)))
                })
                .collect();
            drop(writers);
            let events: Vec<u64> = writing.into_iter().map(join).collect();
            let sum: u64 = events.iter().map(|last| last * (last + 1) / 2).sum();
            assert!(reading.into_iter().map(join).all(|heard| heard == sum));
        }
    });
}

#[test]
fn a_reader_that_waits_with_a_deadline_is_woken_before_it() {
    finite(|| {
        let (writers, order) = Writers::builder(4).build(|| 0_u64);
        let mut writer = writers.join();
        for round in 0..count(100) {
            let mut reader: Merged<u64> = order.reader().wait(PARK).subscribe().unwrap();
            let reading = thread::spawn(move || {
                let far = Instant::now() + Duration::from_secs(3600);
                let first = reader.batch_deadline(far).unwrap().iter().next().unwrap().position;
                (first, reader.recv_timeout(Duration::MAX).unwrap().position)
            });
            settle_down(round);
            writer.publish(1);
            settle_down(round / 2);
            writer.publish(2);
            assert_eq!(join(reading), (2 * round, 2 * round + 1));
        }
        let mut reader = order.subscribe().unwrap();
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        assert_eq!(reader.recv_timeout(Duration::ZERO), Err(ReadTimeoutError::Timeout));
    });
}

/// How often this thread has run and how long, as the kernel counts it: in ticks of user and system time.
#[cfg(target_os = "linux")]
fn ticks_of(task: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{task}/stat")).unwrap();
    // The name, which may contain anything, ends with the last parenthesis.
    let fields: Vec<_> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
#[cfg(all(target_os = "linux", not(miri)))]
fn a_reader_that_waits_sleeps_and_uses_no_processor_time() {
    finite(|| {
        let (writers, order) = Writers::builder(4).build(|| 0_u64);
        let mut several: Vec<_> = (0..6).map(|_| writers.join()).collect();
        let (tell, task) = std::sync::mpsc::channel();
        let mut reader = order.reader().wait(PARK).subscribe().unwrap();
        let reading = thread::spawn(move || {
            let link = std::fs::read_link("/proc/thread-self").unwrap();
            tell.send(link.file_name().unwrap().to_str().unwrap().to_owned()).unwrap();
            reader.run(|_| ())
        });
        let task = task.recv().unwrap();
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/self/task/{task}/stat")).unwrap();
            stat[stat.rfind(')').unwrap() + 2..].chars().next().unwrap()
        };
        // Both must come true, however long that takes: it sleeps, and it stays asleep, for there is
        // nothing that could wake it, so that the kernel counts no more time.
        several[3].publish(1);
        common::eventually("the reader sleeps", || state() == 'S');
        let mut before = ticks_of(&task);
        common::eventually("its time stands still", || {
            thread::sleep(Duration::from_millis(100));
            let now = ticks_of(&task);
            mem::replace(&mut before, now) == now && state() == 'S'
        });
        drop((writers, several));
        assert_eq!(join(reading), End::Closed);
    });
}
