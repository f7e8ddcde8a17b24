//! With a thread for each reader, dependents miss nothing and read nothing too early, in any graph.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;

use broadring::{End, Reader, Ring, Sequence, Wait};

use crate::common::{
    PARK, Tally, count, departed_upstream, drain, event, events, eventually, finite, join,
    publish_at_once, publish_next, ring_of, settle_down,
};
use crate::rig::after;

/// How far a reader has come, stored before it commits and with no ordering of its own.
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
fn in_any_graph_every_reader_sees_everything_after_its_upstreams() {
    everybody_after_somebody(1, 4, count(1_000), 1);
    everybody_after_somebody(2, 8, count(2_000), 2);
    everybody_after_somebody(16, 12, count(10_000), 3);
    everybody_after_somebody(256, 20, count(20_000), 4);
}

#[test]
fn when_a_reader_panics_its_dependents_read_what_it_committed_and_other_readers_everything() {
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
                assert_eq!(
                    departed_upstream(end),
                    ("reader \"fragile\"".to_owned(), panics_at + 1)
                );
                tally.ends_at(panics_at + 1);
                behind
            });
            let last = thread::spawn(move || {
                let mut tally = Tally::at(last.position());
                let end = last.run(|&event, at, _| tally.take_at(at, event));
                if panics_at + 1 < total {
                    assert_eq!(departed_upstream(end), ("reader 2".to_owned(), panics_at + 1));
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
fn a_dependent_of_a_running_reader_sees_no_gap_and_nothing_too_early() {
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
fn when_the_first_reader_of_a_pipeline_leaves_the_others_end_one_after_the_other() {
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
                        assert_eq!(departed_upstream(end), (format!("reader {before}"), round % 5));
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
