//! An editor that leaves before the end of the stream is named to every reader, observer and
//! editor; an editor that leaves at the end causes no error.

use std::time::Duration;

use broadring::{End, ReadTimeoutError, Ring};

use crate::common::{finite, publish_at_once};
use crate::rig::{
    NAMES, edit, edit_to_end, edited_ring, expect_nothing_to_edit, publish_unedited, read_to_end,
    upstream_left,
};

#[test]
fn when_an_editor_leaves_readers_read_what_it_passed_on_and_then_learn_its_name() {
    for others_leave_too in [false, true] {
        for leaves in 0..3 {
            let (mut writer, editors, ring) = edited_ring(16);
            let mut reader = ring.subscribe().unwrap();
            let mut observer = ring.observe().unwrap();
            let mut behind = ring.reader().after(&reader).unwrap().subscribe().unwrap();
            let builder = ring.reader().evict_after(Duration::ZERO);
            let mut evictable = builder.subscribe().unwrap();
            for _ in 0..6 {
                publish_unedited(&mut writer);
            }
            let mut editors = editors.map(Some);
            for (index, editor) in editors.iter_mut().enumerate() {
                edit(editor.as_mut().unwrap(), index, if index < leaves { 6 } else { 4 });
            }
            drop(editors[leaves].take());
            if others_leave_too {
                // Editors that leave later are not named, whether before or behind it.
                editors.iter_mut().for_each(|editor| drop(editor.take()));
            }
            let left = (format!("editor {:?}", NAMES[leaves]), 4);
            for editor in editors.iter_mut().flatten() {
                if editor.member().number() > leaves as u64 {
                    for _ in 0..2 {
                        assert_eq!(upstream_left(editor.try_batch()), left);
                    }
                } else {
                    expect_nothing_to_edit(editor);
                }
            }
            for reader in [&mut reader, &mut behind, &mut evictable] {
                for sequence in 0..4 {
                    reader.try_recv().unwrap().check(sequence, 3);
                }
                for _ in 0..2 {
                    assert_eq!(upstream_left(reader.try_batch()), left);
                }
            }
            assert_eq!(observer.look().unwrap().len(), 4);
            assert_eq!(upstream_left(observer.look()), left);
            observer.latest().unwrap()[0].check(3, 3);
            // The error stays the same when the ring is closed.
            drop(writer);
            assert_eq!(upstream_left(reader.try_batch()), left);
            assert_eq!(upstream_left(reader.clone().try_batch()), left);
            let mut late = ring.subscribe().unwrap();
            assert_eq!(upstream_left(late.try_batch()), left);
        }
    }
}

#[test]
fn the_editor_that_left_first_is_named_and_not_the_editors_that_leave_because_of_it() {
    let names = ["first", "second", "third", "fourth"];
    for leaves in 0..4 {
        for published in 0..4 {
            for passed_on in 0..=published {
                let (mut writer, editors, ring) =
                    Ring::builder(8).build_with_editors(names, || 0_u64);
                let mut reader = ring.subscribe().unwrap();
                for _ in 0..published {
                    publish_at_once(&mut writer);
                }
                let left = (format!("editor {:?}", names[leaves]), passed_on as u64);
                let mut editors = editors.into_iter();
                let mut before: Vec<_> = editors.by_ref().take(leaves).collect();
                for editor in &mut before {
                    drop(editor.try_batch());
                }
                let mut leaving = editors.next().unwrap();
                drop(leaving.try_batch_up_to(passed_on));
                drop(leaving);
                for mut editor in editors {
                    assert_eq!(editor.try_batch().map_or(0, |batch| batch.len()), passed_on);
                    // Half of the editors learn of the error before they leave, half do not.
                    if published % 2 == 0 {
                        assert_eq!(upstream_left(editor.try_batch()), left);
                    }
                }
                assert_eq!(reader.try_batch().map_or(0, |batch| batch.len()), passed_on);
                assert_eq!(upstream_left(reader.try_batch()), left);
            }
        }
    }
}

#[test]
fn an_editor_that_left_early_is_named_also_when_the_ring_is_closed_without_another_event() {
    for published in 0..3 {
        let (mut writer, [mut first, second], ring) =
            Ring::builder(4).build_with_editors(["first", "second"], || 0);
        let mut reader = ring.subscribe().unwrap();
        let mut observer = ring.observe().unwrap();
        let mut second = second;
        (0..published).for_each(|_| publish_at_once(&mut writer));
        if published > 0 {
            drop(first.try_batch().unwrap());
            drop(second.try_batch().unwrap());
            drop(reader.try_batch().unwrap());
            drop(observer.look().unwrap());
        }
        drop(first);
        let left = ("editor \"first\"".to_owned(), published);
        let mut late = ring.subscribe().unwrap();
        assert_eq!(upstream_left(second.try_batch()), left);
        assert_eq!(upstream_left(reader.try_batch()), left);
        assert_eq!(upstream_left(observer.look()), left);
        drop(writer);
        // Whoever asks for the first time now gets the same answer as those who asked before.
        assert_eq!(upstream_left(late.try_batch()), left);
        assert_eq!(upstream_left(reader.try_batch()), left);
        assert_eq!(upstream_left(second.try_batch()), left);
    }
}

#[test]
fn an_editor_dropped_after_the_last_event_of_a_closed_ring_causes_no_error() {
    finite(|| {
        for published in 0..4 {
            let (mut writer, mut editors, ring) = edited_ring(4);
            let mut reader = ring.subscribe().unwrap();
            for _ in 0..published {
                publish_unedited(&mut writer);
            }
            drop(writer);
            for editor in &mut editors {
                assert_eq!(edit_to_end(editor), End::Closed);
                assert_eq!(editor.try_batch().map(drop), Err(End::Closed.into()));
                assert_eq!(editor.wait_batch().map(drop), Err(End::Closed));
                let timed = editor.batch_timeout(Duration::MAX);
                assert_eq!(timed.map(drop), Err(ReadTimeoutError::Ended(End::Closed)));
            }
            let mut editors = Vec::from(editors);
            while !editors.is_empty() {
                drop(editors.remove(editors.len() / 2));
            }
            assert_eq!(read_to_end(&mut reader), (End::Closed, published));
        }
    });
}
