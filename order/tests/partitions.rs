//! Partitions: one handle that publishes by key, and everybody who can read what it publishes.

use std::collections::BTreeMap;
use std::thread;

use broadring::{End, WaitSet};
use broadring_order::clock::Lamport;
use broadring_order::partition::{Partitioned, partition_of};

const PARTITIONS: usize = 4;
const KEYS: u64 = 50;

/// Every event says which key it has, and which it is of that key.
type Event = (u64, u64);

fn publish_all(mut to: Partitioned<u64, Event, Lamport>, rounds: u64) {
    for round in 0..rounds {
        for key in 0..KEYS {
            to.publish(&key, (key, round));
        }
    }
}

/// Checks that the events of each key come in order, and from the partition of that key.
#[derive(Default)]
struct InOrder(BTreeMap<u64, u64>);

impl InOrder {
    fn see(&mut self, partition: usize, (key, number): Event) {
        assert_eq!(partition, partition_of(&key, PARTITIONS));
        let next = self.0.entry(key).or_default();
        assert_eq!(number, *next, "key {key}");
        *next += 1;
    }

    fn count(&self) -> u64 {
        self.0.values().sum()
    }
}

#[test]
fn all_partitions_merge_into_the_order_in_which_they_were_published() {
    let builder = Partitioned::<u64, Event>::builder(PARTITIONS, 8).clock(Lamport::new());
    let (to, from) = builder.build(|| (0, 0));
    let mut reader = from.subscribe().unwrap();
    let writing = thread::spawn(move || publish_all(to, 40));
    let expected = (0..40).flat_map(|round| (0..KEYS).map(move |key| (key, round)));
    for (position, event) in (0..).zip(expected) {
        let next = reader.recv().unwrap();
        assert_eq!((next.position, next.event), (position, event));
    }
    assert_eq!(reader.recv().unwrap_err(), End::Closed);
    writing.join().unwrap();
}

#[test]
fn some_partitions_merge_and_hold_back_no_other() {
    let builder = Partitioned::<u64, Event>::builder(PARTITIONS, 8).clock(Lamport::new());
    let (mut to, from) = builder.build(|| (0, 0));
    let mut reader = from.merged([1, 3]).subscribe().unwrap();
    for round in 0..100 {
        for partition in 0..PARTITIONS {
            let writer = to.writer(partition);
            if partition % 2 == 0 || round < 8 {
                writer.try_publish((partition as u64, round)).expect("there is room");
            } else {
                writer.try_publish((partition as u64, round)).expect_err("nobody has read");
            }
        }
    }
    drop(to);
    for (position, round) in (0..16).zip((0..8).flat_map(|round| [round; 2])) {
        let next = reader.recv().unwrap();
        assert_eq!(next.position, position);
        assert_eq!(next.source.get() as usize, [1, 3][position as usize % 2]);
        assert_eq!(next.event.1, round);
    }
    assert_eq!(reader.recv().unwrap_err(), End::Closed);
}

#[test]
fn a_reader_of_some_partitions_ends_with_them() {
    let builder = Partitioned::<u64, Event>::builder(PARTITIONS, 8).clock(Lamport::new());
    let (to, from) = builder.build(|| (0, 0));
    let mut reader = from.merged([2]).subscribe().unwrap();
    let mut writers = to.into_writers();
    let mut last = writers.remove(2);
    last.publish((7, 0));
    drop(last);
    assert_eq!(reader.recv().unwrap().event, (7, 0));
    assert_eq!(reader.recv().unwrap_err(), End::Closed);
    drop(writers);
}

#[test]
fn partitions_can_be_read_one_by_one_as_the_events_come() {
    let builder = Partitioned::<u64, Event>::builder(PARTITIONS, 8).clock(Lamport::new());
    let (to, from) = builder.build(|| (0, 0));
    let mut readers: Vec<_> = (0..PARTITIONS)
        .map(|partition| (partition, from.reader(partition).subscribe().unwrap()))
        .collect();
    let writing = thread::spawn(move || publish_all(to, 40));
    let mut seen = InOrder::default();
    let mut waits = WaitSet::new();
    while !readers.is_empty() {
        let awaited: Vec<_> = readers.iter().map(|(_, reader)| reader).collect();
        waits.wait(&awaited);
        readers.retain_mut(|(partition, reader)| match reader.try_batch() {
            Ok(batch) => {
                batch.events().for_each(|event| seen.see(*partition, *event.event()));
                true
            }
            Err(error) => error.end().is_none(),
        });
    }
    assert_eq!(seen.count(), 40 * KEYS);
    writing.join().unwrap();
}

#[test]
fn a_group_handles_each_event_once() {
    let builder = Partitioned::<u64, Event>::builder(PARTITIONS, 8).clock(Lamport::new());
    let (to, from) = builder.name("orders").build(|| (0, 0));
    assert_eq!(from.rings()[3].name(), Some("orders/3"));
    let group = from.group("billing").unwrap();
    let members = [group.join().unwrap(), group.join().unwrap(), group.join().unwrap()];
    let handling = members.map(|mut member| {
        thread::spawn(move || {
            let mut handled = Vec::new();
            while let Ok(batch) = member.wait_batch() {
                let partition = batch.partition();
                handled.extend(batch.events().map(|event| (partition, *event.event())));
                batch.commit().expect("nobody evicts members here");
            }
            handled
        })
    });
    publish_all(to, 100);
    let mut all: Vec<_> = handling.into_iter().flat_map(|it| it.join().unwrap()).collect();
    assert_eq!(all.len() as u64, 100 * KEYS);
    // In which order the members were at work is not known here.
    all.sort_by_key(|&(partition, (_, number))| (partition, number));
    let mut seen = InOrder::default();
    all.into_iter().for_each(|(partition, event)| seen.see(partition, event));
}

#[test]
fn a_refused_event_comes_back() {
    let (mut to, from) = Partitioned::<str, String>::builder(2, 1).build(String::new);
    let _reader = from.subscribe().unwrap();
    to.publish("key", "first".to_owned());
    let refused = to.try_publish("key", "second".to_owned()).unwrap_err();
    assert_eq!(refused.into_inner(), "second");
}

#[test]
#[should_panic(expected = "there is no partition 2: there are 2")]
fn a_partition_that_does_not_exist_is_a_mistake() {
    let (_to, from) = Partitioned::<str, u8>::builder(2, 8).build(|| 0);
    let _ = from.reader(2);
}

#[test]
#[should_panic(expected = "at least one partition")]
fn no_partitions_are_a_mistake() {
    let _ = Partitioned::<str, u8>::builder(0, 8);
}
