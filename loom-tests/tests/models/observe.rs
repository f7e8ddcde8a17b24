//! Observers, which hold the writer back only while they look.

use broadring::{Observer, Wait};
use loom::thread;
use loom_tests::explore;

use crate::{Event, publish, ring, ring_that_waits};

/// Looks once, and returns how many events were missed and how many seen.
fn look(observer: &mut Observer<Event>) -> (u64, u64) {
    match observer.look() {
        Ok(seen) => {
            for (sequence, event) in &seen {
                assert_eq!(event.number(), sequence.get());
            }
            (seen.missed(), seen.len() as u64)
        }
        Err(_) => (0, 0),
    }
}

#[test]
fn an_observer_sees_whole_events_and_counts_those_it_misses() {
    explore(5000, [()], || {
        let (mut writer, ring) = ring(2, 1);
        let mut observer = ring.observe().unwrap();
        let looking = thread::spawn(move || {
            let start = observer.position().get();
            let (first, second) = (look(&mut observer), look(&mut observer));
            let passed = first.0 + first.1 + second.0 + second.1;
            assert_eq!(observer.position().get(), start + passed);
        });
        publish(&mut writer, 0..4);
        looking.join().unwrap();
    });
}

#[test]
fn the_latest_event_is_whole() {
    explore(1000, [None, Some(0), Some(1), Some(2)], || {
        let (mut writer, ring) = ring(2, 1);
        let mut observer = ring.observe().unwrap();
        let looking = thread::spawn(move || {
            let latest = observer.latest()?;
            let (sequence, event) = latest.first().unwrap();
            assert_eq!(event.number(), sequence.get());
            Some(event.number())
        });
        publish(&mut writer, 0..3);
        looking.join().unwrap()
    });
}

mod sleep {
    use super::*;

    #[test]
    fn a_writer_parked_behind_an_observer_is_woken_when_the_look_ends() {
        explore(12, [()], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
            let mut observer = ring.reader().from_oldest().observe().unwrap();
            publish(&mut writer, 0..2);
            // Nothing is committed: only the end of the look can wake the writer.
            let seen = observer.look_up_to(0).unwrap();
            let writing = thread::spawn(move || {
                publish(&mut writer, [2]);
                writer
            });
            drop(seen);
            // So that leaving cannot be what wakes it.
            drop((writing.join().unwrap(), observer));
        });
    }

    #[test]
    fn a_parked_observer_is_woken_by_an_event() {
        explore(11, [()], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
            let mut observer = ring.observe().unwrap();
            let looking = thread::spawn(move || {
                drop(observer.wait_look().unwrap());
            });
            publish(&mut writer, [0]);
            looking.join().unwrap();
            drop(writer);
        });
    }
}
