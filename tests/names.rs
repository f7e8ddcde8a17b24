//! A ring has the name that it was given, and whatever tells of it says so.

mod common;

use std::thread;
use std::time::Duration;

use broadring::{End, Ring};
use common::publish_at_once;

#[test]
fn the_handles_know_the_name_of_their_ring() {
    let (writer, [editor], ring) =
        Ring::builder(4).name("orders").build_with_editors(["fees"], || 0);
    let reader = ring.reader().name("journal").subscribe().unwrap();
    let unnamed = ring.observe().unwrap();
    assert_eq!((writer.name(), ring.name()), (Some("orders"), Some("orders")));
    for member in [editor.member(), reader.member(), unnamed.member(), reader.clone().member()] {
        assert_eq!(member.ring(), Some("orders"));
    }
    assert_eq!(reader.name(), Some("journal"), "a reader has a name of its own");
    assert_eq!(editor.member().to_string(), "editor \"fees\" of the ring \"orders\"");
    assert_eq!(unnamed.member().to_string(), "observer 2 of the ring \"orders\"");
    assert!(format!("{writer:?} {ring:?}").matches("orders").count() >= 2);
}

#[test]
fn a_ring_without_a_name_is_not_named() {
    let (writer, ring) = Ring::builder(4).build(|| 0);
    let reader = ring.subscribe().unwrap();
    assert_eq!((writer.name(), ring.name(), reader.member().ring()), (None, None, None));
    assert_eq!(reader.member().to_string(), "reader 0");
    assert_eq!(ring.stats().name, None);
}

#[test]
fn members_of_different_rings_with_the_same_name_and_number_differ() {
    let members = ["orders", "trades"].map(|name| {
        let (_writer, ring) = Ring::builder(4).name(name).build(|| 0);
        ring.reader().name("journal").subscribe().unwrap().member().clone()
    });
    assert_ne!(members[0], members[1]);
}

#[test]
fn a_snapshot_names_the_ring_once() {
    let (_writer, ring) = Ring::builder(4).name("orders").build(|| 0);
    let journal = ring.reader().name("journal").subscribe().unwrap();
    let _logic = ring.reader().name("logic").after(&journal).unwrap().subscribe().unwrap();
    let stats = ring.stats();
    assert_eq!(stats.name.as_deref(), Some("orders"));
    assert_eq!(stats.members[0].member, *journal.member());
    assert_eq!(stats.to_string().matches("orders").count(), 1);
}

#[test]
fn errors_name_the_ring() {
    let (mut writer, ring) = Ring::builder(1).name("orders").max_readers(3).build(|| 0);
    let upstream = ring.reader().name("journal").subscribe().unwrap();
    let mut behind = ring.reader().name("logic").after(&upstream).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(
        writer.publish_timeout(0, Duration::ZERO).unwrap_err().to_string(),
        "the ring was full until the time was up, because of the reader \"journal\" of the ring \
         \"orders\""
    );
    assert_eq!(
        ring.reader().from(5).subscribe().unwrap_err().to_string(),
        "no reader can start at event 5 of the ring \"orders\": it can start from 1 to 1"
    );
    drop(upstream);
    assert_eq!(
        behind.recv().unwrap_err().to_string(),
        "the reader \"journal\" of the ring \"orders\", which comes first, has left before event 0"
    );
    let mut slow = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
    drop(behind);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    let Err(End::Evicted(evicted)) = slow.recv() else { panic!("it is evicted") };
    assert_eq!(evicted.member(), slow.member());
    assert_eq!(
        evicted.to_string(),
        "the reader 2 of the ring \"orders\" was evicted at event 1 and has missed 2"
    );
    let _others = [(); 2].map(|()| ring.subscribe().unwrap());
    assert_eq!(
        ring.subscribe().unwrap_err().to_string(),
        "the ring \"orders\" has all the readers it was built for: 3"
    );
}

#[test]
fn managed_threads_are_named_after_ring_and_reader() {
    for (ring, reader, expected) in [
        (None, None, None),
        (None, Some("journal"), Some("journal")),
        (Some("orders"), Some("journal"), Some("orders/journal")),
        (Some("orders"), None, Some("orders/0")),
    ] {
        let builder = Ring::builder(4);
        let builder = if let Some(name) = ring { builder.name(name) } else { builder };
        let (mut writer, ring) = builder.build(|| 0);
        let description = ring.reader();
        let description =
            if let Some(name) = reader { description.name(name) } else { description };
        let thread = description.managed().spawn(move |_, _, _| {
            assert_eq!(thread::current().name(), expected);
        });
        publish_at_once(&mut writer);
        drop(writer);
        thread.unwrap().join().unwrap();
    }
}
