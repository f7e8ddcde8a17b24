//! What an edit batch lends, when its events are passed on, and what an editor may do with
//! them.

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use broadring::{End, Ring, Role, Sequence, TryReadError, Wait};

use crate::common::{PARK, event, finite, publish_at_once};
use crate::rig::{Edited, NAMES, edit, edited_ring, expect_nothing_to_edit, publish_unedited};

#[test]
fn an_edit_batch_holds_every_available_event_up_to_the_limit() {
    for limit in [1, 2, 3, 7, 100] {
        let (mut writer, mut editors, ring) = edited_ring(16);
        let mut reader = ring.subscribe().unwrap();
        for _ in 0..10 {
            for _ in 0..16 {
                publish_unedited(&mut writer);
            }
            for (index, editor) in editors.iter_mut().enumerate() {
                let mut left = 16;
                while left > 0 {
                    assert_eq!(editor.lag(), left as u64);
                    assert_eq!(edit(editor, index, limit), limit.min(left));
                    left -= limit.min(left);
                }
                expect_nothing_to_edit(editor);
            }
            assert_eq!(reader.try_batch().unwrap().len(), 16);
        }
    }
}

#[test]
fn a_limit_of_zero_gives_an_empty_edit_batch_if_events_are_available() {
    finite(|| {
        let (mut writer, [mut editor, ..], ring) = edited_ring(4);
        assert_eq!(editor.try_batch_up_to(0).map(drop), Err(TryReadError::Empty));
        publish_unedited(&mut writer);
        for _ in 0..3 {
            let mut batch = editor.try_batch_up_to(0).unwrap();
            assert!(batch.is_empty());
            assert_eq!((batch.len(), batch.iter_mut().len()), (0, 0));
            assert!(batch.sequences().is_empty());
            drop(batch);
            editor.wait_batch_up_to(0).unwrap().for_each(|_, _| panic!("the batch is empty"));
            assert_eq!((editor.lag(), editor.position().get()), (1, 0));
        }
        drop(writer);
        assert_eq!(edit(&mut editor, 0, 1), 1);
        assert_eq!(editor.wait_batch_up_to(0).map(drop), Err(End::Closed));
        drop(ring);
    });
}

#[test]
fn an_edit_batch_lends_its_events_by_index_and_by_iterator_any_number_of_times() {
    let builder = Ring::builder(64);
    let (mut writer, [mut editor], _ring) =
        builder.build_with_editors(["editor"], || Edited::unedited(u64::MAX));
    // The batches span several blocks, and one wraps round the end of the ring.
    for start in [0, 40, 80] {
        for _ in 0..40 {
            publish_unedited(&mut writer);
        }
        let mut batch = editor.try_batch().unwrap();
        assert_eq!(batch.len(), 40);
        assert_eq!(
            (batch.sequences().start.get(), batch.sequences().end.get()),
            (start, start + 40)
        );
        for (index, sequence) in (start..start + 40).enumerate() {
            batch[index].check(sequence, 0);
            batch[index].checksum ^= 1;
        }
        let mut events = batch.iter_mut();
        for index in 0..40 {
            assert_eq!(events.len(), 40 - index);
            assert_eq!(events.size_hint(), (40 - index, Some(40 - index)));
            let (at, event) = events.next().unwrap();
            assert_eq!(at.get(), start + index as u64);
            event.checksum ^= 1;
        }
        assert!(events.next().is_none() && events.next().is_none());
        // All events may be borrowed at the same time.
        let all: Vec<_> = (&mut batch).into_iter().collect();
        for (at, event) in all {
            event.edit(at.get(), 0);
        }
        assert!(format!("{batch:?}").contains("EditBatch"));
        drop(batch);
    }
}

#[test]
fn for_each_passes_events_on_after_every_quarter_of_the_ring() {
    finite(|| {
        for capacity in [1, 2, 4, 8, 64] {
            let builder = Ring::builder(capacity);
            let (mut writer, [mut editor], ring) = builder.build_with_editors(["editor"], || 0);
            let stride = (capacity as u64 / 4).max(1);
            for round in 0..3 {
                for _ in 0..capacity {
                    publish_at_once(&mut writer);
                }
                let start = round * capacity as u64;
                let mut next = start;
                let mut check = |at: u64| {
                    assert_eq!(at, next);
                    // What is passed on is whole quarters, counted from the start of the batch.
                    assert_eq!(ring.cursor().get(), start + (at - start) / stride * stride);
                    next += 1;
                };
                let batch = editor.try_batch().unwrap();
                assert_eq!(batch.len(), capacity);
                batch.for_each(|_, at| check(at.get()));
                assert_eq!(ring.cursor().get(), start + capacity as u64);
            }
        }
    });
}

#[test]
fn try_for_each_passes_on_the_event_at_which_it_breaks_and_none_after_it() {
    for limit in [5, 16] {
        for breaks_at in 0..limit {
            let builder = Ring::builder(16);
            let (mut writer, [mut editor], ring) = builder.build_with_editors(["editor"], || 0);
            let mut reader = ring.subscribe().unwrap();
            (0..16).for_each(|_| publish_at_once(&mut writer));
            let batch = editor.try_batch_up_to(limit as usize).unwrap();
            let broke = batch.try_for_each(|edited, at| {
                assert_eq!(*edited, event(at.get()));
                *edited = !*edited;
                if at.get() == breaks_at {
                    ControlFlow::Break(at)
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert_eq!(broke, ControlFlow::Break(Sequence::new(breaks_at)));
            assert_eq!((editor.position().get(), editor.lag()), (breaks_at + 1, 15 - breaks_at));
            assert_eq!(ring.cursor().get(), breaks_at + 1);
            // The rest comes again, as it was.
            let mut next = breaks_at + 1;
            while let Ok(batch) = editor.try_batch() {
                let edited = batch.try_for_each(|edited, at| {
                    assert_eq!((at.get(), *edited), (next, event(next)));
                    *edited = !*edited;
                    next += 1;
                    ControlFlow::<()>::Continue(())
                });
                assert!(edited.is_continue());
            }
            assert_eq!(next, 16);
            let read = reader.try_batch().unwrap();
            assert!(read.iter().all(|(at, &seen)| seen == !event(at.get())));
            assert_eq!(read.len(), 16);
        }
    }
}

#[test]
fn run_marks_the_last_event_of_each_batch() {
    finite(|| {
        let (mut writer, [mut first, mut second, third], _ring) = edited_ring(16);
        for _ in 0..10 {
            publish_unedited(&mut writer);
        }
        drop((writer, third));
        let mut ends = Vec::new();
        let end = first.run(|event, at, end_of_batch| {
            event.edit(at.get(), 0);
            if end_of_batch {
                ends.push(at.get());
            }
        });
        assert_eq!((end, ends), (End::Closed, vec![9]));
        assert_eq!(edit(&mut second, 1, 4), 4);
        let mut ends = Vec::new();
        second.run(|event, at, end_of_batch| {
            event.edit(at.get(), 1);
            if end_of_batch {
                ends.push(at.get());
            }
        });
        assert_eq!(ends, vec![9]);
    });
}

#[test]
fn an_editor_can_replace_and_swap_events_and_no_value_is_lost_or_dropped_twice() {
    /// An event that counts how many of its kind are alive.
    struct Counted {
        _alive: Arc<()>,
        number: u64,
    }

    let alive = Arc::new(());
    let new = |number| Counted { _alive: Arc::clone(&alive), number };
    let (mut writer, [mut replacing, mut swapping], ring) =
        Ring::builder(8).build_with_editors(["replacing", "swapping"], || new(u64::MAX));
    let mut reader = ring.subscribe().unwrap();
    for round in 0..20 {
        for number in 0..4 {
            assert!(writer.try_publish(new(4 * round + number)).is_ok());
        }
        for (_, event) in &mut replacing.try_batch().unwrap() {
            *event = new(event.number + 1000);
        }
        let mut batch = swapping.try_batch().unwrap();
        let mut pairs: Vec<_> = batch.iter_mut().map(|(_, event)| event).collect();
        let (some, others) = pairs.split_at_mut(2);
        mem::swap(some[0], others[1]);
        mem::swap(some[1], others[0]);
        drop(batch);
        let read = reader.try_batch().unwrap();
        let numbers: Vec<_> = read.events().map(|event| event.number - 1000 - 4 * round).collect();
        assert_eq!(numbers, [3, 2, 1, 0]);
        // One value in each slot, and `alive` itself.
        assert_eq!(Arc::strong_count(&alive), 1 + 8);
    }
    drop((writer, replacing, swapping, reader, ring));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn zero_sized_events_are_edited() {
    let builder = Ring::builder(4);
    let (mut writer, [mut first, mut second], ring) =
        builder.build_with_editors(["first", "second"], || ());
    let mut reader = ring.subscribe().unwrap();
    for round in 0..10 {
        writer.publish_all([(); 4]);
        assert_eq!(first.try_batch().unwrap().iter_mut().count(), 4);
        let mut edited = 0;
        second.try_batch().unwrap().for_each(|(), at| {
            assert_eq!(at.get(), 4 * round + edited);
            edited += 1;
        });
        assert_eq!((edited, reader.try_batch().unwrap().len()), (4, 4));
    }
}

#[test]
fn an_editor_has_a_name_a_number_and_a_wait_strategy() {
    let builder = Ring::builder(4).reader_wait(Wait::YIELD);
    let (writer, mut editors, ring) = builder.build_with_editors(NAMES, || 0_u64);
    for (number, editor) in (0..).zip(&mut editors) {
        let member = editor.member().clone();
        assert_eq!((member.role(), member.number()), (Role::Editor, number));
        assert_eq!(member.name(), Some(NAMES[number as usize]));
        assert_eq!(member.to_string(), format!("editor {:?}", NAMES[number as usize]));
        assert!(format!("{editor:?}").contains(&format!("wait: {:?}", Wait::YIELD)));
        editor.set_wait(PARK);
        assert!(format!("{editor:?}").contains(&format!("wait: {PARK:?}")));
    }
    // Readers are numbered after the editors.
    assert_eq!(ring.subscribe().unwrap().member().number(), 3);
    drop(writer);
}
