//! Editors hold the writer back like readers do, and an editor that has left makes the ring
//! refuse events for good.

use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use broadring::{End, Ring, TryClaimError, Wait};

use crate::common::{PARK, count, finite, join, publish_at_once};
use crate::rig::{Edited, NAMES, edit, edit_to_end, edited_ring, publish_unedited};

#[test]
fn on_a_ring_without_readers_the_last_editor_holds_the_writer_back() {
    for capacity in [1, 2, 16] {
        let (mut writer, mut editors, ring) = edited_ring(capacity);
        for round in 0..5 {
            for left in (1..=capacity).rev() {
                assert_eq!(writer.remaining_capacity(), left);
                publish_unedited(&mut writer);
            }
            assert_eq!(writer.remaining_capacity(), 0);
            let next = writer.cursor().get();
            // The error names the editor that must act next.
            for (index, editor) in editors.iter_mut().enumerate() {
                let refused =
                    writer.publish_timeout(Edited::unedited(next), Duration::ZERO).unwrap_err();
                assert_eq!(refused.holder(), Some(editor.member()));
                let refused = writer.try_publish(refused.into_inner()).unwrap_err();
                assert_eq!(refused.editor_left(), None);
                assert!(writer.try_claim(1).unwrap_err().is_full());
                assert_eq!(edit(editor, index, usize::MAX), capacity);
            }
            assert_eq!(ring.cursor().get(), (round + 1) * capacity as u64);
            assert!(!writer.has_readers());
        }
    }
}

#[test]
fn editors_alone_free_slots_for_the_writer() {
    finite(|| {
        let total = count(5_000);
        for capacity in [1, 2, 64] {
            for wait in [Wait::PARK, PARK] {
                let builder = Ring::builder(capacity).writer_wait(wait).reader_wait(wait);
                let (mut writer, editors, ring) =
                    builder.build_with_editors(NAMES, || Edited::unedited(u64::MAX));
                let editing = editors.map(|mut editor| {
                    thread::spawn(move || {
                        let end = edit_to_end(&mut editor);
                        (end, editor.position().get())
                    })
                });
                for _ in 0..total {
                    publish_unedited(&mut writer);
                }
                drop(writer);
                assert_eq!(editing.map(join), [(); 3].map(|()| (End::Closed, total)));
                assert_eq!(ring.cursor().get(), total);
            }
        }
    });
}

#[test]
fn a_full_ring_names_the_editor_or_the_reader_that_must_act_next() {
    let (mut writer, mut editors, ring) = edited_ring(4);
    let reader = ring.reader().name("slow").subscribe().unwrap();
    for _ in 0..4 {
        publish_unedited(&mut writer);
    }
    edit(&mut editors[0], 0, 4);
    edit(&mut editors[1], 1, 4);
    // The editor is named until the reader has something to read.
    let refused = writer.publish_timeout(Edited::unedited(4), Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(editors[2].member()));
    edit(&mut editors[2], 2, 1);
    let refused = writer.publish_timeout(Edited::unedited(4), Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(reader.member()));
    drop(reader);
    assert!(writer.try_publish(Edited::unedited(4)).is_ok());
}

#[test]
fn when_an_editor_has_left_the_writer_can_fill_the_ring_and_is_then_refused_with_its_name() {
    for leaves in 0..3 {
        for (published, passed_on, reads) in [(0, 0, 0), (3, 0, 0), (3, 3, 3), (5, 4, 2), (8, 8, 0)]
        {
            let builder = Ring::builder(8);
            let (mut writer, mut editors, ring) = builder.build_with_editors(NAMES, || 0);
            let mut reader = ring.subscribe().unwrap();
            for _ in 0..published {
                publish_at_once(&mut writer);
            }
            for editor in &mut editors {
                drop(editor.try_batch_up_to(passed_on));
            }
            let mut editors = Vec::from(editors);
            let member = editors.remove(leaves).member().clone();
            drop(reader.try_batch_up_to(reads));
            for _ in published..reads as u64 + 8 {
                publish_at_once(&mut writer);
            }
            for _ in 0..3 {
                let refused = writer.try_publish(7).unwrap_err();
                assert_eq!(refused.editor_left(), Some(&member));
                let message = format!("the ring is full, because of the {member}");
                assert_eq!(refused.to_string(), message);
                assert_eq!(refused.into_inner(), 7);
                let refused = writer.try_publish_with(|slot| *slot = 9).unwrap_err();
                assert_eq!(refused.editor_left(), Some(&member));
                let mut slot = 0;
                refused.into_inner()(&mut slot);
                assert_eq!(slot, 9);
                for timeout in [Duration::ZERO, Duration::MAX] {
                    let refused = writer.publish_timeout(8, timeout).unwrap_err();
                    assert_eq!(refused.holder(), Some(&member));
                    assert_eq!(refused.into_inner(), 8);
                }
                let refused = writer.try_claim(1).map(drop).unwrap_err();
                assert_eq!(refused, TryClaimError::EditorLeft(member.clone()));
                assert!(!refused.is_full() && !refused.is_too_large());
                let message = format!("nothing more can be published: the {member} has left");
                assert_eq!(refused.to_string(), message);
                assert!(writer.try_claim(9).unwrap_err().is_too_large());
            }
            assert_eq!(writer.remaining_capacity(), 0);
            // Readers still free slots, for events that no reader will ever get.
            let left = reader.try_batch().map_or(0, |batch| batch.len());
            assert_eq!(left, passed_on - reads);
            for _ in 0..left {
                publish_at_once(&mut writer);
            }
            assert!(writer.try_publish(7).is_err());
        }
    }
}

#[test]
fn a_publication_that_panics_because_an_editor_left_does_not_move_the_oldest_event() {
    let builder = Ring::builder(8);
    let (mut writer, [mut first, mut second], ring) =
        builder.build_with_editors(["first", "second"], || 0);
    let mut slow = ring.subscribe().unwrap();
    for _ in 0..8 {
        publish_at_once(&mut writer);
    }
    drop(first.try_batch_up_to(6).unwrap());
    drop(second.try_batch().unwrap());
    drop(first);
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| drop(writer.claim(6))));
    assert!(panicked.is_err());
    // The failed claim announced how far the writer may overwrite. Later failures must not
    // move that back or further.
    let oldest = || ring.reader().from_oldest().subscribe().unwrap().position().get();
    assert_eq!(oldest(), 6);
    assert!(writer.try_publish(7).is_err());
    assert_eq!(oldest(), 6);
    assert!(panic::catch_unwind(AssertUnwindSafe(|| writer.publish(7))).is_err());
    assert_eq!(oldest(), 6);
    assert_eq!(slow.try_batch().unwrap().len(), 6);
    for _ in 0..6 {
        publish_at_once(&mut writer);
    }
}
