//! A dependent reads no event before all its upstreams have committed it, and the writer waits for the
//! last dependent.

use std::mem;

use broadring::Sequence;

use crate::common::{publish_at_once, ring_of};
use crate::rig::{after, read_one, sees_nothing};

#[test]
fn in_a_pipeline_no_reader_sees_an_event_before_its_upstream_has_committed_it() {
    let (mut writer, first, ring) = ring_of(16);
    let mut pipeline = vec![first];
    for _ in 1..5 {
        let last = after(&ring, pipeline.last());
        pipeline.push(last);
    }
    for _ in 0..40 {
        publish_at_once(&mut writer);
        for at in 0..5 {
            for behind in &mut pipeline[at + 1..] {
                sees_nothing(behind);
            }
            read_one(&mut pipeline[at]);
            sees_nothing(&mut pipeline[at]);
        }
    }
}

#[test]
fn in_a_diamond_the_last_reader_sees_an_event_once_both_middle_readers_have_committed_it() {
    for left_first in [false, true] {
        let (mut writer, mut top, ring) = ring_of(16);
        let mut left = after(&ring, [&top]);
        let mut right = after(&ring, [&top]);
        let mut bottom = after(&ring, [&left, &right]);
        for _ in 0..40 {
            publish_at_once(&mut writer);
            for reader in [&mut left, &mut right, &mut bottom] {
                sees_nothing(reader);
            }
            read_one(&mut top);
            sees_nothing(&mut bottom);
            let (sooner, later) =
                if left_first { (&mut left, &mut right) } else { (&mut right, &mut left) };
            read_one(sooner);
            sees_nothing(&mut bottom);
            read_one(later);
            read_one(&mut bottom);
        }
    }
}

#[test]
fn only_the_committed_part_of_a_batch_is_visible_to_dependents() {
    let (mut writer, mut first, ring) = ring_of(16);
    let mut second = after(&ring, [&first]);
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    let mut batch = first.try_batch().unwrap();
    sees_nothing(&mut second);
    for committed in 1..=10 {
        batch.commit_through(Sequence::new(committed - 1));
        assert_eq!(second.try_batch_up_to(usize::MAX).unwrap().len(), 1);
        sees_nothing(&mut second);
    }
    // What is forgotten was not committed.
    drop(batch);
    publish_at_once(&mut writer);
    mem::forget(first.try_batch().unwrap());
    sees_nothing(&mut second);
    read_one(&mut first);
    read_one(&mut second);
}

#[test]
fn only_the_last_reader_of_a_pipeline_holds_the_writer_back() {
    for capacity in [1, 2, 8] {
        let (mut writer, mut first, ring) = ring_of(capacity);
        let mut second = after(&ring, [&first]);
        let mut third = after(&ring, [&second]);
        for _ in 0..capacity {
            publish_at_once(&mut writer);
        }
        for _ in 0..5 * capacity {
            for reader in [&mut first, &mut second, &mut third] {
                assert_eq!(writer.remaining_capacity(), 0);
                assert!(writer.try_publish(0).is_err());
                read_one(reader);
            }
            assert_eq!(writer.remaining_capacity(), 1);
            publish_at_once(&mut writer);
        }
    }
}
