//! A snapshot lists every reader, editor and observer that is at the ring, and no other.

use std::time::Duration;

use broadring::{End, Reader, Ring};

use crate::common::ring_of;
use crate::rig::{after, named, publish, read, row};

#[test]
fn an_editor_that_leaves_too_early_is_named() {
    let (mut writer, [editor], ring) = Ring::builder(4).build_with_editors(["lost"], || 0_u64);
    writer.publish(1);
    assert_eq!(ring.stats().editor_left, None);
    let member = editor.member().clone();
    drop(editor);
    assert_eq!(ring.stats().editor_left, Some(member));
}

#[test]
fn members_are_listed_in_the_order_in_which_they_joined() {
    let (_writer, first, ring) = ring_of(8);
    let second = named(&ring, "second");
    drop(first);
    let tap = ring.reader().name("tap").observe().unwrap();
    let clone = second.clone(); // in the place of the first
    let stats = ring.stats();
    let members: Vec<_> = stats.members.iter().map(|row| &row.member).collect();
    assert_eq!(members, [second.member(), tap.member(), clone.member()]);
}

#[test]
fn a_departed_reader_is_not_listed_even_if_it_has_dependents() {
    let (_writer, journal, ring) = ring_of(8);
    let logic = after(&ring, "logic", &journal);
    let journal_was = journal.member().clone();
    drop(journal);
    let stats = ring.stats();
    assert_eq!(stats.members.len(), 1);
    assert_eq!(row(&stats, logic.member()).after, [journal_was]);
}

#[test]
fn a_clone_and_the_next_reader_of_a_gate_start_counting_at_zero() {
    let (mut writer, mut reader, ring) = ring_of(8);
    publish(&mut writer, 4);
    read(&mut reader, 4);
    let clone = reader.clone();
    let counted = |reader: &Reader<u64>| row(&ring.stats(), reader.member()).batches;
    assert_eq!((counted(&reader), counted(&clone)), (1, 0));
    drop(reader);
    assert_eq!(counted(&ring.subscribe().unwrap()), 0);
}

#[test]
fn a_reader_that_rejoins_goes_on_counting() {
    // With its old gate, or with another one because dependents retain the old one.
    for kept in [false, true] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let told = |reader: &Reader<u64>| {
            let stats = ring.stats();
            let row = row(&stats, reader.member());
            (row.gating, row.position.get(), row.lag, row.batches, row.largest_batch)
        };
        let evictable = || ring.reader().evict_after(Duration::ZERO);
        let mut dashboard = evictable().subscribe().unwrap();
        let mut dependent =
            kept.then(|| evictable().after(&dashboard).unwrap().subscribe().unwrap());
        publish(&mut writer, 3);
        read(&mut dashboard, 3);
        if let Some(dependent) = &mut dependent {
            read(dependent, 3);
        }
        publish(&mut writer, 5);
        assert_eq!(told(&dashboard), (false, 3, 5, 1, 3));
        assert!(matches!(dashboard.recv(), Err(End::Evicted(_))));
        assert_eq!(dashboard.rejoin(), Ok(5));
        publish(&mut writer, 2);
        read(&mut dashboard, 2);
        assert_eq!(told(&dashboard), (true, 10, 0, 2, 3));
    }
}
