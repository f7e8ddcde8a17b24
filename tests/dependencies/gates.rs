//! The gate of a reader that has left is kept for its dependents and is free again after the last of them.

use broadring::Ring;

use crate::common::{built_for, publish_at_once, ring_of};
use crate::rig::{after, departed_upstream_of, read_one};

#[test]
fn the_gate_of_a_departed_reader_is_free_after_its_last_dependent() {
    let (mut writer, ring) = Ring::builder(4).max_readers(3).build(|| 0);
    for round in 0..20 {
        let mut first = ring.subscribe().unwrap();
        let second = after(&ring, [&first]);
        let third = second.clone();
        publish_at_once(&mut writer);
        drop(first.recv());
        drop(first);
        assert_eq!(ring.reader_count(), 2);
        assert_eq!(built_for(ring.subscribe().unwrap_err()), 3);
        if round % 2 == 0 {
            drop(second);
            assert_eq!(ring.reader_count(), 1);
            // One place is free, and the other is kept by the third.
            let guest = ring.subscribe().unwrap();
            assert!(ring.subscribe().is_err());
            drop((guest, third));
        } else {
            drop((second, third));
        }
        let everybody = [0; 3].map(|_| ring.subscribe().unwrap());
        assert!(ring.subscribe().is_err());
        for reader in &everybody {
            assert_eq!(reader.position(), writer.cursor());
        }
    }
}

#[test]
fn a_reader_builder_retains_the_gates_of_its_upstreams_until_it_is_dropped() {
    let (mut writer, ring) = Ring::builder(4).max_readers(1).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    publish_at_once(&mut writer);
    drop(first.try_recv());
    let description = ring.reader().after(&first).unwrap().after(&first).unwrap();
    drop(first);
    assert!(ring.subscribe().is_err());
    // It does not hold the writer back.
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    // Asked for, it finds no place either, and then the place is free.
    assert_eq!(built_for(description.subscribe().unwrap_err()), 1);
    let first = ring.subscribe().unwrap();
    drop(ring.reader().after(&first).unwrap());
    assert!(ring.reader().after(&first).unwrap().subscribe().is_err());
    drop(first);
    assert!(ring.subscribe().is_ok());
}

#[test]
fn a_reader_builder_outlives_the_upstreams_that_it_names() {
    let (mut writer, mut first, ring) = ring_of(4);
    for _ in 0..3 {
        publish_at_once(&mut writer);
    }
    read_one(&mut first);
    let description = ring.reader().from_oldest().after(&first).unwrap();
    drop(first);
    let mut second = description.subscribe().unwrap();
    read_one(&mut second);
    assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 1));
}
