//! Batches, the largest batch, parks and wakes are counted for every member.

use std::mem;
use std::thread;
use std::time::Duration;

use broadring::{Ring, Role};

use crate::common::{eventually, finite, join, ring_of};
use crate::rig::{BRIEFLY, DROWSY, after, named, publish, read, row};

#[test]
fn a_poll_that_finds_events_counts_as_a_batch_and_the_largest_is_kept() {
    let (mut writer, mut reader, ring) = ring_of(16);
    let mut counted = Vec::new();
    for events in [3, 7, 1, 7, 2] {
        publish(&mut writer, events);
        read(&mut reader, events as usize);
        assert!(reader.try_batch().is_err(), "a look that finds nothing is none");
        let stats = ring.stats();
        counted.push((stats.members[0].batches, stats.members[0].largest_batch));
    }
    assert_eq!(counted, [(1, 3), (2, 7), (3, 7), (4, 7), (5, 7)]);
}

#[test]
fn events_left_behind_by_a_limit_are_counted_with_the_poll_that_found_them() {
    let (mut writer, mut reader, ring) = ring_of(16);
    publish(&mut writer, 9);
    read(&mut reader, 4);
    reader.try_recv().unwrap();
    read(&mut reader, 4);
    publish(&mut writer, 2);
    reader.try_recv().unwrap();
    reader.try_recv().unwrap();
    let stats = ring.stats();
    assert_eq!((stats.members[0].batches, stats.members[0].largest_batch), (2, 9));
}

#[test]
fn readers_with_options_are_counted_like_others() {
    let (mut writer, mut journal, ring) = ring_of(16);
    let mut logic = after(&ring, "logic", &journal);
    let patient = ring.reader().evict_after(Duration::from_secs(3600));
    let mut patient = patient.subscribe().unwrap();
    publish(&mut writer, 6);
    read(&mut journal, 4);
    read(&mut logic, 4);
    // What is found again after a batch was forgotten was counted before.
    mem::forget(patient.try_batch().unwrap());
    read(&mut patient, 4);
    read(&mut patient, 2);
    read(&mut journal, 2);
    read(&mut logic, 2);
    let stats = ring.stats();
    let counted = [&journal, &logic, &patient].map(|reader| {
        let row = row(&stats, reader.member());
        (row.batches, row.largest_batch, row.lag)
    });
    // What the journal was asked for it had found at one look.
    assert_eq!(counted, [(1, 6, 0), (2, 4, 0), (1, 6, 0)]);
}

#[test]
fn an_observer_counts_the_events_that_it_has_seen() {
    let (mut writer, ring) = Ring::builder(16).build(|| 0_u64);
    let mut tap = ring.reader().name("tap").observe().unwrap();
    publish(&mut writer, 4);
    assert_eq!(tap.look().unwrap().len(), 4);
    publish(&mut writer, 3);
    assert_eq!(tap.look_up_to(2).unwrap().len(), 2);
    let stats = ring.stats();
    let row = row(&stats, tap.member());
    assert_eq!((row.member.role(), row.position.get(), row.lag), (Role::Observer, 6, 1));
    assert_eq!((row.batches, row.largest_batch), (2, 4));
    assert_eq!(tap.look().unwrap().len(), 1);
    assert!(tap.look().is_err());
    let stats = ring.stats();
    assert_eq!(stats.members[0].batches, 3, "a look that finds nothing is none");
}

#[test]
fn an_editor_counts_the_events_that_have_arrived() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(16).build_with_editors(["first", "second"], || 0_u64);
    let reader = ring.subscribe().unwrap();
    for _ in 0..9 {
        writer.publish(1);
    }
    assert_eq!(first.try_batch_up_to(4).unwrap().len(), 4);
    assert_eq!(first.try_batch_up_to(2).unwrap().len(), 2);
    assert_eq!(second.try_batch_up_to(1).unwrap().len(), 1);

    let stats = ring.stats();
    assert_eq!((stats.published.get(), stats.cursor.get()), (9, 1));
    let told = stats.members.iter().map(|row| {
        (row.position.get(), row.lag, row.batches, row.largest_batch, row.after.clone())
    });
    let told: Vec<_> = told.collect();
    let expected =
        [(6, 3, 2, 9, vec![]), (1, 5, 1, 6, vec![first.member().clone()]), (0, 1, 0, 0, vec![])];
    assert_eq!(told, expected);
    let members: Vec<_> = stats.members.iter().map(|row| &row.member).collect();
    assert_eq!(members, [first.member(), second.member(), reader.member()]);
}

#[test]
fn sleeping_and_waking_are_counted() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(4).writer_wait(DROWSY).build(|| 0_u64);
        let mut reader = ring.reader().wait(DROWSY).subscribe().unwrap();
        let parks = |ring: &Ring<u64>| {
            let stats = ring.stats();
            (stats.members[0].parks, stats.writer.parks)
        };
        assert!(reader.batch_timeout(BRIEFLY).unwrap_err().is_timeout());
        assert_eq!((parks(&ring), ring.stats().reader_wakes), ((1, 0), 0));

        let reading = thread::spawn(move || {
            reader.recv().unwrap();
            reader
        });
        eventually("the reader sleeps", || parks(&ring) == (2, 0));
        publish(&mut writer, 1);
        let mut reader = join(reading);
        assert_eq!((parks(&ring), ring.stats().reader_wakes), ((2, 0), 1));

        publish(&mut writer, 4);
        assert!(writer.publish_timeout(0, BRIEFLY).is_err());
        assert_eq!((parks(&ring), ring.stats().writer.wakes), ((2, 1), 0));
        let writing = thread::spawn(move || {
            writer.publish(5);
            writer
        });
        eventually("the writer sleeps", || parks(&ring) == (2, 2));
        read(&mut reader, 4);
        let writer = join(writing);
        assert_eq!((parks(&ring), ring.stats().writer.wakes), ((2, 2), 1));

        drop(writer);
        let stats = ring.stats();
        assert_eq!((stats.reader_wakes, stats.writer.wakes), (2, 1), "closing calls the readers");
        drop(reader);
        assert_eq!(ring.stats().writer.wakes, 2, "leaving calls the writer");
    });
}

#[test]
fn dependents_that_sleep_at_gates_are_counted_too() {
    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(4).reader_wait(DROWSY).build_with_editors(["editor"], || 0_u64);
        let mut journal = named(&ring, "journal");
        let mut logic = after(&ring, "logic", &journal);
        let reading = thread::spawn(move || logic.recv());
        let editing = thread::spawn(move || editor.wait_batch().unwrap().len());
        let parks = || ring.stats().members.iter().map(|row| row.parks).collect::<Vec<_>>();
        eventually("both sleep", || parks() == [1, 0, 1]);
        assert_eq!(ring.stats().reader_wakes, 0);
        writer.publish(7);
        assert_eq!(join(editing), 1);
        assert_eq!(journal.recv(), Ok(7));
        assert_eq!(join(reading), Ok(7));
        assert!(ring.stats().reader_wakes >= 2);
    });
}
