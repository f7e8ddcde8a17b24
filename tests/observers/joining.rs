//! An observer takes one of the gates of the ring, depends on nobody and is never evicted.

use std::time::Duration;

use broadring::{Ring, Role};

use crate::common::{built_for, ring_of};

#[test]
fn an_observer_counts_as_one_of_the_ring_s_readers() {
    let (writer, ring) = Ring::builder(4).max_readers(3).build(|| 0_u64);
    for _ in 0..10 {
        let reader = ring.reader().name("reader").subscribe().unwrap();
        let observer = ring.reader().name("tap").observe().unwrap();
        let nameless = ring.observe().unwrap();
        assert_eq!(built_for(ring.observe().unwrap_err()), 3);
        assert_eq!(built_for(ring.subscribe().unwrap_err()), 3);
        assert!(reader.try_clone().is_err());
        assert_eq!(ring.reader_count(), 1);
        assert_eq!((observer.name(), nameless.name()), (Some("tap"), None));
        assert_eq!(observer.member().role(), Role::Observer);
        assert_eq!(observer.member().to_string(), "observer \"tap\"");
        assert_eq!(nameless.member().number(), observer.member().number() + 1);
        assert!(format!("{observer:?}").contains("tap"));
        drop(observer);
        let guest = ring.subscribe().unwrap();
        assert!(ring.subscribe().is_err());
        assert_eq!(ring.reader_count(), 2);
        drop((guest, nameless, reader));
    }
    assert!(!writer.has_readers());
    let (_writer, ring) = Ring::builder(4).max_readers(0).build(|| 0_u64);
    assert_eq!(built_for(ring.observe().unwrap_err()), 0);
}

#[test]
#[should_panic(expected = "an observer cannot come after others")]
fn an_observer_cannot_come_after_readers() {
    let (_writer, reader, ring) = ring_of(4);
    let _ = ring.reader().after(&reader).unwrap().observe();
}

#[test]
#[should_panic(expected = "an observer cannot be evicted")]
fn an_observer_is_never_evicted() {
    let (_writer, _reader, ring) = ring_of(4);
    let _ = ring.reader().evict_after(Duration::ZERO).observe();
}
