//! A clone of a reader starts where the original is, and gates the writer on its own.

use broadring::{Ring, TryReadError};

use crate::common::{event, publish_at_once, ring_of};

#[test]
fn a_clone_starts_at_the_position_of_the_original_and_reads_independently() {
    let (mut writer, mut original, _ring) = ring_of(16);
    for _ in 0..16 {
        publish_at_once(&mut writer);
    }
    for position in 0..16 {
        let mut clone = original.try_clone().unwrap();
        assert_eq!((clone.position().get(), clone.lag()), (position, 16 - position));
        for sequence in position..16 {
            assert_eq!(clone.try_recv(), Ok(event(sequence)));
        }
        assert_eq!(clone.try_recv(), Err(TryReadError::Empty));
        assert_eq!(original.position().get(), position);
        assert_eq!(original.try_recv(), Ok(event(position)));
    }
}

#[test]
fn a_clone_holds_the_writer_back_after_the_original_has_moved_on_or_left() {
    // A clone takes the first vacant gate. That is a gate below the gate of the original, if
    // an earlier reader has left, and a gate above it otherwise.
    for below in [false, true] {
        for original_leaves in [false, true] {
            let (mut writer, first, ring) = ring_of(4);
            let mut original = Some(first);
            if below {
                // The first reader leaves its gate vacant, and the clone takes that one.
                original = Some(ring.subscribe().unwrap());
            }
            for _ in 0..4 {
                publish_at_once(&mut writer);
            }
            assert_eq!(original.as_mut().unwrap().try_recv(), Ok(event(0)));
            publish_at_once(&mut writer);
            let mut clone = original.clone().unwrap();
            if original_leaves {
                original = None;
            }
            for sequence in 1..20 {
                if let Some(original) = &mut original {
                    drop(original.try_batch_up_to(4));
                }
                assert!(writer.try_publish(0).is_err(), "the clone is at {sequence}");
                assert_eq!(writer.remaining_capacity(), 0);
                assert_eq!(clone.try_recv(), Ok(event(sequence)));
                publish_at_once(&mut writer);
            }
        }
    }
}

#[test]
fn a_clone_has_the_name_of_the_original() {
    let (_writer, ring) = Ring::builder(4).build(|| 0_u64);
    let nameless = ring.subscribe().unwrap();
    assert_eq!(nameless.name(), None);
    assert_eq!(nameless.clone().name(), None);
    let named = ring.reader().name("journal").subscribe().unwrap();
    let owned = ring.reader().name(String::from("risk")).name("logic").subscribe().unwrap();
    assert_eq!(named.name(), Some("journal"));
    assert_eq!(owned.name(), Some("logic"));
    assert_eq!(named.try_clone().unwrap().name(), Some("journal"));
    assert!(format!("{named:?}").contains("journal"));
}
