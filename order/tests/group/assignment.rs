//! Every partition has one owner, as evenly as can be, and moves only when the owner has given it up.

use broadring::Ring;
use broadring_order::group::Group;

use crate::rig::{call, group, panics, partitions, peek, read, rings};

#[test]
fn a_lone_member_gets_every_partition_and_serves_them_in_turn() {
    let (mut writers, group) = group(3, 4);
    let mut member = group.join().unwrap();
    for writer in &mut writers {
        writer.publish_all([0, 1]);
    }
    assert_eq!(peek(&mut member), (0, vec![0, 1]));
    assert_eq!(peek(&mut member), (1, vec![0, 1]));
    assert_eq!(read(&mut member), (2, vec![0, 1]));
    writers[2].publish(2);
    assert_eq!(read(&mut member), (0, vec![0, 1]));
    assert_eq!(read(&mut member), (1, vec![0, 1]));
    assert_eq!(read(&mut member), (2, vec![2]));
    call(&mut member);
}

#[test]
fn partitions_are_shared_out_evenly_and_few_of_them_move() {
    let (_writers, group) = group(5, 4);
    let mut first = group.join().unwrap();
    call(&mut first);
    assert_eq!(partitions(&first), [0, 1, 2, 3, 4]);

    let mut second = group.join().unwrap();
    call(&mut first);
    call(&mut second);
    assert_eq!((partitions(&first), partitions(&second)), (vec![0, 1, 2], vec![3, 4]));

    let mut third = group.join().unwrap();
    call(&mut first);
    call(&mut third);
    assert_eq!((partitions(&first), partitions(&third)), (vec![0, 1], vec![2]));

    drop(second);
    call(&mut first);
    call(&mut third);
    assert_eq!((partitions(&first), partitions(&third)), (vec![0, 1, 3], vec![2, 4]));
}

#[test]
fn a_member_reads_and_commits_what_it_is_to_give_up_until_its_next_call() {
    let (mut writers, group) = group(2, 4);
    let mut first = group.join().unwrap();
    writers[1].publish_all([0, 1, 2]);
    let mut batch = first.try_batch().unwrap();
    assert_eq!(batch.partition(), 1);

    let mut second = group.join().unwrap();
    call(&mut second);
    assert_eq!(group.owners()[1].as_ref(), Some(batch.member()));
    assert_eq!(group.assignment()[1].as_ref(), Some(second.id()));
    let (sequence, _) = batch.first().unwrap();
    batch.commit_through(sequence).unwrap();
    drop(batch);
    call(&mut second);

    call(&mut first);
    assert_eq!(read(&mut second), (1, vec![1, 2]));
    assert_eq!(group.owners()[1].as_ref(), Some(second.id()));
}

#[test]
fn a_member_that_joins_and_goes_before_anything_has_moved_moves_nothing() {
    let (mut writers, group) = group(2, 4);
    let mut first = group.join().unwrap();
    writers[1].publish(0);
    let batch = first.try_batch().unwrap();
    drop(group.join().unwrap());
    batch.commit().unwrap();
    call(&mut first);
    assert_eq!(partitions(&first), [0, 1]);
}

#[test]
fn members_beyond_the_number_of_partitions_wait_for_one() {
    let (mut writers, group) = group(1, 4);
    let mut first = group.join().unwrap();
    let mut second = group.join().unwrap();
    writers[0].publish(0);
    call(&mut second);
    assert_eq!(peek(&mut first), (0, vec![0]));
    drop(first);
    assert_eq!(read(&mut second), (0, vec![0]));
}

#[test]
fn nothing_is_lost_while_there_is_no_member() {
    let (mut writers, group) = group(1, 2);
    writers[0].publish_all([0, 1]);
    assert!(writers[0].try_publish(2).is_err());
    let mut member = group.join().unwrap();
    assert_eq!(read(&mut member), (0, vec![0, 1]));
    drop(member);
    writers[0].publish_all([2, 3]);
    assert!(writers[0].try_publish(4).is_err());
    assert_eq!(read(&mut group.join().unwrap()), (0, vec![2, 3]));
}

#[test]
fn without_a_group_nobody_holds_the_writer_back() {
    let (mut writers, group) = group(1, 2);
    let member = group.join().unwrap();
    writers[0].publish_all([0, 1]);
    drop(group);
    assert!(writers[0].try_publish(2).is_err());
    drop(member);
    writers[0].publish_all([2, 3, 4]);
}

#[test]
fn a_group_begins_with_the_next_event_or_the_oldest_or_where_it_is_told() {
    let (mut writers, rings) = rings(2, 8);
    writers[0].publish_all([0, 1, 2]);
    writers[1].publish_all([0, 1]);
    let next = Group::new("next", rings.clone()).unwrap();
    let oldest = Group::builder("oldest").from_oldest().build(rings.clone()).unwrap();
    let told = Group::builder("told").from([1_u64, 2]).build(rings).unwrap();
    let begin = |group: &Group<u64>| [0, 1].map(|partition| group.committed(partition).get());
    assert_eq!(begin(&next), [3, 2]);
    assert_eq!(begin(&oldest), [0, 0]);
    assert_eq!(begin(&told), [1, 2]);
    assert_eq!((next.lag(), oldest.lag(), told.lag()), (0, 5, 2));
    assert_eq!(read(&mut told.join().unwrap()), (0, vec![1, 2]));
}

#[test]
fn a_group_needs_rings_with_room_for_two_readers() {
    let build = |readers| {
        let (writer, ring) = Ring::builder(2).max_readers(readers).build(|| 0_u64);
        (Group::new("group", [ring]).map(drop), writer).0
    };
    assert_eq!(build(2), Ok(()));
    let error = build(1).unwrap_err();
    assert_eq!(error.partition(), 0);
    assert!(error.to_string().starts_with("a group cannot read partition 0: "), "{error}");
    panics(|| Group::<u64>::new("group", []));
    panics(|| Group::builder("group").from([1_u64, 2]).build(rings(1, 2).1));
}

#[test]
fn a_member_that_is_alive_needs_room_for_two_readers_only() {
    let (mut writer, ring) = Ring::builder(4).max_readers(2).build(|| 0);
    let group = Group::new("group", [ring]).unwrap();
    for event in 0..10 {
        let mut members = [group.join().unwrap(), group.join().unwrap()];
        writer.publish(event);
        assert_eq!(read(&mut members[0]), (0, vec![event]));
        let [first, mut second] = members;
        drop(first);
        call(&mut second);
        assert_eq!(partitions(&second), [0]);
    }
}

#[test]
fn a_group_has_as_many_members_as_it_was_built_for() {
    let (_writers, rings) = rings(1, 2);
    let group = Group::builder("small").max_members(1).build(rings).unwrap();
    let member = group.join().unwrap();
    let error = group.join().unwrap_err();
    assert_eq!((error.group(), error.max_members()), ("small", 1));
    assert_eq!(
        error.to_string(),
        "the group \"small\" has all the 1 members that it was built for"
    );
    drop(member);
    let member = group.member().name("next").join().unwrap();
    assert_eq!(member.id().to_string(), "member 1 \"next\"");
    assert_eq!(group.members(), [member.id().clone()]);
}

#[test]
fn handles_go_to_other_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let (_writers, group) = group(1, 2);
    is_send(&group.join().unwrap());
    is_send(&group);
    is_sync(&group);
}
