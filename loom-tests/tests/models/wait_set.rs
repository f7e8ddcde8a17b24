//! Waiting for several rings: no wake-up is lost, whichever of them it comes from. A lost one
//! deadlocks the model.

use broadring::{Reader, Ring, Wait, WaitSet, Waitable, Writer};
use loom::future::block_on;
use loom::thread;
use loom_tests::explore;

use crate::{Event, publish, read, ring_that_waits};

/// Two rings for one reader each, and their readers.
fn two_rings() -> ([Writer<Event>; 2], [Reader<Event>; 2]) {
    let [first, second] = [(); 2].map(|()| ring_that_waits(Wait::PARK, 2, 1));
    let readers = [&first, &second].map(|(_, ring)| ring.subscribe().unwrap());
    ([first.0, second.0], readers)
}

#[test]
fn a_thread_is_woken_by_either_ring() {
    explore(14, [1], || {
        let ([first, mut second], mut readers) = two_rings();
        let waiting = thread::spawn(move || {
            let ready = WaitSet::new().wait(&readers);
            assert_eq!(read(&mut readers[ready], 1), 0);
            (ready, readers)
        });
        publish(&mut second, [0]);
        // So that closing cannot be what wakes it.
        let (ready, _readers) = waiting.join().unwrap();
        drop((first, second));
        ready
    });
}

#[test]
fn a_thread_is_woken_when_either_ring_is_closed() {
    explore(24, [0], || {
        let ([first, second], readers) = two_rings();
        let waiting = thread::spawn(move || WaitSet::new().wait(&readers));
        drop(first);
        let ready = waiting.join().unwrap();
        drop(second);
        ready
    });
}

#[test]
fn a_thread_gets_what_two_writers_publish_together() {
    explore(230, [[0, 1], [1, 0]], || {
        let ([mut first, mut second], mut readers) = two_rings();
        let publishing = thread::spawn(move || {
            publish(&mut first, [0]);
            first
        });
        let waiting = thread::spawn(move || {
            let mut set = WaitSet::new();
            let next = set.wait(&readers);
            read(&mut readers[next], 1);
            let other = 1 - next;
            assert_eq!(set.wait(&readers[other..=other]), 0);
            read(&mut readers[other], 1);
            [next, other]
        });
        publish(&mut second, [0]);
        let order = waiting.join().unwrap();
        drop((publishing.join().unwrap(), second));
        order
    });
}

#[test]
fn a_dependent_that_waits_with_others_is_woken_by_each_of_its_upstreams() {
    explore(145, [()], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 3);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.subscribe().unwrap();
        let after = ring.reader().after(&first).unwrap().after(&second).unwrap();
        let mut last = after.subscribe().unwrap();
        publish(&mut writer, [0]);
        let waiting = thread::spawn(move || {
            let only: [&dyn Waitable; 1] = [&last];
            assert_eq!(WaitSet::new().wait(&only), 0);
            read(&mut last, 1);
            last
        });
        // So that neither another commit nor leaving can be what wakes it.
        read(&mut first, 1);
        read(&mut second, 1);
        let last = waiting.join().unwrap();
        drop((first, second, last));
    });
}

#[test]
fn observers_and_editors_are_woken_too() {
    explore(150, [1], || {
        let builder = Ring::builder(2).max_readers(1).reader_wait(Wait::PARK);
        let (mut writer, [mut editor], ring) = builder.build_with_editors(["edit"], Event::default);
        let observer = ring.observe().unwrap();
        let editing = thread::spawn(move || {
            WaitSet::new().wait(&[&editor]);
            editor.try_batch().unwrap()[0].number();
            editor
        });
        let observing = thread::spawn(move || {
            let mut observer = observer;
            assert_eq!(WaitSet::new().wait(&[&observer]), 0);
            observer.look().unwrap().len()
        });
        publish(&mut writer, [0]);
        let seen = observing.join().unwrap();
        drop((editing.join().unwrap(), writer));
        seen
    });
}

#[test]
fn a_task_is_woken_by_either_ring() {
    explore(24, [1], || {
        let ([first, mut second], mut readers) = two_rings();
        let waiting = thread::spawn(move || {
            let mut set = WaitSet::new();
            let ready = block_on(set.ready_async(&readers));
            assert_eq!(read(&mut readers[ready], 1), 0);
            (ready, readers)
        });
        publish(&mut second, [0]);
        let (ready, _readers) = waiting.join().unwrap();
        drop((first, second));
        ready
    });
}
