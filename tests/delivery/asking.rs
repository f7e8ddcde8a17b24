//! Asking whether there is anything to read: the answer is that of the next read, and nothing is read.

use std::thread;

use broadring::{Ring, TryReadError};

use crate::common::{PARK, count, event, finite, join, publish_at_once, publish_next, ring_of};

#[test]
fn an_empty_reader_has_nothing_to_read_and_another_one_has_something_at_once() {
    // Through several laps, and over the end of every block.
    for capacity in [1, 2, 8, 64] {
        let (mut writer, mut reader, _ring) = ring_of(capacity);
        for sequence in 0..4 * capacity as u64 + 3 {
            assert!(reader.is_empty());
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
            publish_at_once(&mut writer);
            for _ in 0..3 {
                assert!(!reader.is_empty());
            }
            assert_eq!(reader.position().get(), sequence);
            assert_eq!(reader.try_recv(), Ok(event(sequence)));
        }
    }
}

#[test]
fn what_a_limit_or_a_forgotten_batch_has_left_is_something_to_read() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    (0..5).for_each(|_| publish_at_once(&mut writer));
    drop(reader.try_batch_up_to(2).unwrap());
    assert!(!reader.is_empty());
    std::mem::forget(reader.try_batch().unwrap());
    assert!(!reader.is_empty());
    drop(reader.try_batch().unwrap());
    assert!(reader.is_empty());
}

#[test]
fn a_reader_is_empty_at_the_end_of_its_stream_however_that_has_come() {
    let (mut writer, ring) = Ring::builder(2).writer_wait(PARK).build(|| 0);
    let upstream = ring.subscribe().unwrap();
    let mut behind = ring.reader().after(&upstream).unwrap().subscribe().unwrap();
    let evictable = ring.reader().evict_after(std::time::Duration::ZERO).subscribe().unwrap();
    (0..2).for_each(|_| publish_at_once(&mut writer));
    assert!(behind.is_empty());
    assert!(!evictable.is_empty());
    drop(upstream); // too early
    assert!(behind.is_empty());
    assert!(behind.try_recv().unwrap_err().end().is_some());
    publish_next(&mut writer); // without the evictable reader
    assert!(evictable.is_empty());

    let mut last = ring.reader().from_oldest().subscribe().unwrap();
    drop(writer);
    while !last.is_empty() {
        last.try_recv().unwrap();
    }
    assert!(last.try_recv().unwrap_err().is_closed());
}

#[test]
fn observers_and_editors_can_be_asked_too() {
    let (mut writer, [mut editor], ring) = Ring::builder(8).build_with_editors(["edit"], || 0);
    let mut observer = ring.observe().unwrap();
    let reader = ring.subscribe().unwrap();
    assert!(editor.is_empty() && observer.is_empty() && reader.is_empty());
    writer.publish(1);
    assert!(!editor.is_empty() && observer.is_empty() && reader.is_empty());
    drop(editor.try_batch().unwrap());
    assert!(editor.is_empty() && !observer.is_empty() && !reader.is_empty());
    assert_eq!(observer.look().unwrap().len(), 1);
    assert!(observer.is_empty() && !reader.is_empty());
}

#[test]
fn a_reader_that_is_not_empty_never_waits_while_the_writer_publishes() {
    finite(|| {
        let total = count(200_000);
        let (mut writer, mut reader, _ring) = ring_of(64);
        let writing = thread::spawn(move || (0..total).for_each(|_| _ = publish_next(&mut writer)));
        let mut read = 0;
        while read < total {
            if reader.is_empty() {
                thread::yield_now();
            } else {
                read += reader.try_batch().expect("there is something").len() as u64;
            }
        }
        join(writing);
        assert!(reader.is_empty());
    });
}
