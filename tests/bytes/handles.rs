//! What the handles of a ring of records say of it and of themselves.

use broadring::{ByteRing, SubscribeError, Wait};

use crate::rig::ring_of;

#[test]
fn handles_tell_the_names_they_were_given() {
    let (writer, ring) = ByteRing::builder(256).name("ticks").build();
    let reader = ring.reader().name("journal").subscribe().unwrap();
    assert_eq!((ring.name(), writer.name()), (Some("ticks"), Some("ticks")));
    assert_eq!(reader.name(), Some("journal"));
    let (writer, reader, ring) = ring_of(256);
    assert_eq!((ring.name(), writer.name(), reader.name()), (None, None, None));
}

#[test]
fn handles_tell_the_sizes_and_who_is_there() {
    let (mut writer, ring) = ByteRing::builder(256).max_readers(2).build();
    assert_eq!((ring.capacity(), writer.capacity(), ring.max_readers()), (256, 256, 2));
    assert_eq!((ring.reader_count(), writer.has_readers()), (0, false));
    assert!(writer.slowest().is_none() && ring.slowest().is_none());
    let reader = ring.subscribe().unwrap();
    assert_eq!((ring.reader_count(), writer.has_readers()), (1, true));
    let other = ring.subscribe().unwrap();
    assert_eq!((ring.reader_count(), reader.capacity()), (2, 256));
    assert!(ring.subscribe().is_err_and(|error: SubscribeError| error.is_full()));
    drop(other);

    assert!(reader.is_empty());
    writer.publish(&[1; 24]).unwrap();
    assert!(!reader.is_empty());
    assert_eq!((ring.cursor(), writer.cursor(), reader.lag()), (32.into(), 32.into(), 32));
    let slowest = writer.slowest().unwrap();
    assert_eq!((&slowest.member, slowest.lag), (reader.member(), 32));
    assert_eq!(ring.stats().cursor, ring.cursor());
    assert!(!ring.is_closed());
    drop(writer);
    assert!(ring.is_closed() && !reader.is_empty());
}

#[test]
fn handles_wait_as_they_were_told_to() {
    let (writer, ring) =
        ByteRing::builder(256).writer_wait(Wait::YIELD).reader_wait(Wait::SPIN).build();
    let own = ring.reader().wait(Wait::YIELD).subscribe().unwrap();
    let default = ring.subscribe().unwrap();
    let told = |handle: &dyn std::fmt::Debug, wait: Wait| {
        let (said, wait) = (format!("{handle:?}"), format!("wait: {wait:?}"));
        assert!(said.contains(&wait), "{said} does not say {wait}");
    };
    told(&writer, Wait::YIELD);
    told(&default, Wait::SPIN);
    told(&own, Wait::YIELD);
}
