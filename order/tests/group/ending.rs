//! A partition has ended when its ring is closed and everything was committed, and a group when all of
//! its partitions have.

use broadring::Ring;
use broadring_order::group::{End, Group};

use crate::rig::{call, group, partitions, peek, read};

#[test]
fn every_member_gets_the_end_when_everything_was_committed() {
    let (mut writers, group) = group(2, 4);
    let mut first = group.join().unwrap();
    let mut second = group.join().unwrap();
    writers[0].publish(0);
    writers[1].publish(0);
    drop(writers);
    assert_eq!(peek(&mut first), (0, vec![0]));
    assert_eq!(read(&mut second), (1, vec![0]));
    call(&mut second); // partition 0 is not committed
    assert_eq!(read(&mut first), (0, vec![0]));
    for member in [&mut first, &mut second] {
        assert_eq!(member.wait_batch().map(drop), Err(End::Closed));
        assert_eq!(member.run(|_, _, _| ()), End::Closed);
    }
    assert_eq!(group.join().unwrap().wait_batch().map(drop), Err(End::Closed));
    assert_eq!((group.owners(), group.assignment()), (vec![None; 2], vec![None; 2]));
}

#[test]
fn a_partition_that_has_ended_does_not_count_when_others_are_shared_out() {
    let (mut writers, group) = group(3, 4);
    let mut first = group.join().unwrap();
    let mut second = group.join().unwrap();
    call(&mut first);
    call(&mut second);
    assert_eq!((partitions(&first), partitions(&second)), (vec![0, 1], vec![2]));
    writers.remove(2);
    call(&mut second);
    assert!(partitions(&second).is_empty());
    call(&mut first);
    call(&mut second);
    assert_eq!((partitions(&first), partitions(&second)), (vec![0], vec![1]));
}

#[test]
fn a_group_of_closed_rings_reads_what_is_left() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0);
    writer.publish_all([0, 1]);
    drop(writer);
    let group = Group::builder("late").from_oldest().build([ring]).unwrap();
    let mut member = group.join().unwrap();
    assert_eq!(read(&mut member), (0, vec![0, 1]));
    assert!(member.try_batch().unwrap_err().end().unwrap().is_closed());
}

#[test]
fn a_ring_whose_editor_has_left_is_named() {
    let (writers, editors, rings) = {
        let (writer, [editor], ring) = Ring::builder(4).build_with_editors(["fees"], || 0_u64);
        let (other, other_ring) = Ring::builder(4).build(|| 0_u64);
        ((writer, other), editor, [other_ring, ring])
    };
    let group = Group::new("group", rings).unwrap();
    let mut member = group.join().unwrap();
    call(&mut member);
    drop(editors);
    call(&mut member);
    assert_eq!(partitions(&member), [0]);
    drop(writers);
    match member.wait_batch().map(drop) {
        Err(end @ End::Broken { partition: 1, .. }) => {
            let text = end.to_string();
            assert!(text.starts_with("partition 1 has ended: the editor \"fees\""), "{text}");
        }
        other => panic!("{other:?}"),
    }
}
