//! A clone of a dependent has the same upstreams and reads on its own.

use crate::common::{publish_at_once, ring_of};
use crate::rig::{after, departed_upstream_of, read_one, sees_nothing};

#[test]
fn a_clone_has_the_same_upstreams_and_reads_on_its_own() {
    let (mut writer, mut first, ring) = ring_of(16);
    let mut second = after(&ring, [&first]);
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    for read in 0..10 {
        let mut clone = second.clone();
        sees_nothing(&mut clone);
        sees_nothing(&mut second);
        read_one(&mut first);
        read_one(&mut clone);
        sees_nothing(&mut clone);
        assert_eq!((second.position().get(), clone.position().get()), (read, read + 1));
        read_one(&mut second);
    }
    // It does not come after the original.
    let mut clone = second.clone();
    drop(second);
    publish_at_once(&mut writer);
    read_one(&mut first);
    read_one(&mut clone);
    drop(first);
    assert_eq!(departed_upstream_of(&mut clone), ("reader 0".to_owned(), 11));
}

#[test]
fn a_clone_of_a_dependent_sees_only_what_the_upstreams_have_committed() {
    let (mut writer, mut first, ring) = ring_of(16);
    let mut second = after(&ring, [&first]);
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
    assert_eq!(first.try_batch_up_to(4).unwrap().len(), 4);
    // It knows of four, and has read one of them.
    assert_eq!(second.try_batch_up_to(1).unwrap().len(), 1);
    let mut clone = second.clone();
    drop(second);
    assert_eq!(clone.try_batch().unwrap().len(), 3);
    sees_nothing(&mut clone);
    assert_eq!(clone.position().get(), 4);
}

#[test]
fn a_clone_of_a_reader_whose_stream_has_ended_has_ended_too() {
    let (mut writer, first, ring) = ring_of(2);
    let mut second = after(&ring, [&first]);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    drop(first);
    let mut unaware = second.clone();
    assert_eq!(departed_upstream_of(&mut second), ("reader 0".to_owned(), 0));
    let mut aware = second.clone();
    assert!(writer.try_publish(0).is_err());
    assert_eq!(departed_upstream_of(&mut unaware), ("reader 0".to_owned(), 0));
    // The one that was told before it was cloned never held the writer up.
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    let mut late = aware.clone();
    assert_eq!((late.position().get(), late.lag()), (0, 7));
    for reader in [&mut aware, &mut late] {
        assert_eq!(departed_upstream_of(reader), ("reader 0".to_owned(), 0));
    }
    let mut third = after(&ring, [&late]);
    assert_eq!(departed_upstream_of(&mut third), ("reader 4".to_owned(), 0));
}
