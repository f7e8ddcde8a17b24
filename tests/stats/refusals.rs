//! A publish that times out names the member that held the writer back.

use std::time::Duration;

use broadring::Ring;

use crate::rig::{BRIEFLY, after, named, publish, read};

#[test]
fn a_refusal_names_the_reader_that_held_the_writer_back() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0_u64);
    let mut journal = named(&ring, "journal");
    let logic = after(&ring, "logic", &journal);
    publish(&mut writer, 2);
    let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
    assert_eq!(refused.holder(), Some(journal.member()));
    let said = "the ring was full until the time was up, because of the reader \"journal\"";
    assert_eq!(refused.to_string(), said);
    assert_eq!(refused.into_inner(), 7);

    read(&mut journal, 2);
    let refused = writer.publish_timeout(7, Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(logic.member()));
}

#[test]
fn a_refusal_names_the_editor_that_held_the_writer_back() {
    let (mut writer, [mut first, second], ring) =
        Ring::builder(2).build_with_editors(["first", "second"], || 0_u64);
    let mut reader = ring.subscribe().unwrap();
    writer.publish_all([1, 2]);
    let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
    assert_eq!(refused.holder(), Some(first.member()));

    drop(first.try_batch());
    let refused = writer.publish_timeout(7, Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(second.member()));

    let mut second = second;
    drop(second.try_batch());
    let refused = writer.publish_timeout(7, Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(reader.member()));
    assert_eq!(reader.recv(), Ok(1));
}

#[test]
fn a_refusal_names_the_editor_that_has_left() {
    let (mut writer, [first, second], _ring) =
        Ring::builder(2).build_with_editors(["first", "second"], || 0_u64);
    writer.publish_all([1, 2]);
    let member = second.member().clone();
    drop(second);
    let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
    assert_eq!(refused.holder(), Some(&member));
    drop(first);
}
