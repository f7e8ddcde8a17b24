//! While other threads publish and read, observers see whole events and readers miss nothing.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;

use broadring::{Ring, TryReadError, Wait};

use crate::common::{PARK, count, drain, event, finite, join, publish_next, ring_of};
use crate::rig::account;

#[test]
fn observers_of_a_ring_without_readers_see_whole_events_and_account_for_all() {
    finite(|| {
        let total = count(60_000);
        for capacity in [1, 2, 8, 512] {
            // Events that own memory, and use it again.
            let (mut writer, ring) = Ring::builder(capacity).build(String::new);
            let text =
                |sequence: u64| event(sequence).to_string().repeat(1 + sequence as usize % 5);
            let looking: Vec<_> = (0..4)
                .map(|index| {
                    let wait = [Wait::PARK, PARK, Wait::YIELD, Wait::PARK.spins(0)][index];
                    let mut observer = ring.reader().wait(wait).observe().unwrap();
                    thread::spawn(move || {
                        let (mut seen, mut missed) = (0, 0);
                        let mut look = 0;
                        loop {
                            look += 1;
                            let limit = [usize::MAX, 1, 3][look % 3];
                            let glimpse = match look % 4 {
                                0 => observer.wait_look(),
                                _ => match observer.look_up_to(limit) {
                                    Ok(glimpse) => Ok(glimpse),
                                    Err(TryReadError::Empty) => {
                                        thread::yield_now();
                                        continue;
                                    }
                                    Err(TryReadError::Ended(end)) => Err(end),
                                },
                            };
                            let Ok(glimpse) = glimpse else { break };
                            assert_eq!(
                                glimpse.sequences().start.get(),
                                seen + missed + glimpse.missed()
                            );
                            for round in 0..2 {
                                for (at, shown) in &glimpse {
                                    assert_eq!(*shown, text(at.get()), "a torn event");
                                }
                                if round == 0 && look % 64 == 0 {
                                    // However long it takes, what is shown stays.
                                    thread::yield_now();
                                }
                            }
                            missed += glimpse.missed();
                            seen += glimpse.len() as u64;
                        }
                        assert_eq!(observer.lag(), 0);
                        (seen, missed)
                    })
                })
                .collect();
            let gauge = {
                let mut observer = ring.observe().unwrap();
                let ring = ring.clone();
                thread::spawn(move || {
                    let mut latest = 0;
                    while ring.cursor().get() < total {
                        if let Some(glimpse) = observer.latest() {
                            let (at, shown) = glimpse.first().unwrap();
                            assert_eq!(*shown, text(at.get()), "a torn event");
                            assert!(at.get() >= latest, "an older event than before");
                            latest = at.get();
                        }
                        thread::yield_now();
                    }
                })
            };
            while writer.cursor().get() < total {
                let next = writer.cursor().get();
                let run = (1 + event(next) % capacity as u64).min(total - next);
                if event(next + 1).is_multiple_of(7) {
                    let mut claim = writer.claim(run as usize).unwrap();
                    for (slot, at) in claim.iter_mut().zip(next..) {
                        *slot = text(at);
                    }
                    claim.publish();
                } else {
                    writer.publish_with(|slot| {
                        slot.clear();
                        slot.push_str(&text(next));
                    });
                }
                if event(next + 2).is_multiple_of(100) {
                    thread::yield_now();
                }
            }
            drop(writer);
            for looking in looking {
                let (seen, missed) = join(looking);
                assert_eq!(seen + missed, total);
            }
            join(gauge);
        }
    });
}

#[test]
fn readers_miss_nothing_however_many_observers_come_and_go() {
    finite(|| {
        let total = count(30_000);
        for capacity in [1, 4, 64] {
            let (mut writer, reader, ring) = ring_of(capacity);
            let reading = thread::spawn(move || drain(reader));
            let stop = Arc::new(AtomicBool::new(false));
            let visiting: Vec<_> = (0..3)
                .map(|visitor| {
                    let (ring, stop) = (ring.clone(), Arc::clone(&stop));
                    thread::spawn(move || {
                        let mut visit = visitor;
                        while !stop.load(Ordering::Relaxed) {
                            visit += 3;
                            let builder = ring.reader();
                            let builder =
                                if visit % 2 == 0 { builder.from_oldest() } else { builder };
                            let mut observer = builder.observe().unwrap();
                            let start = observer.position().get();
                            let mut accounted = 0;
                            for _ in 0..visit % 5 {
                                if let Ok(glimpse) = observer.look() {
                                    let (missed, seen) = account(&glimpse);
                                    accounted += missed + seen;
                                }
                                thread::yield_now();
                            }
                            assert_eq!(observer.position().get(), start + accounted);
                        }
                    })
                })
                .collect();
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            join(reading).ends_at(total);
            stop.store(true, Ordering::Relaxed);
            visiting.into_iter().for_each(join);
            assert_eq!(ring.reader_count(), 0);
        }
    });
}
