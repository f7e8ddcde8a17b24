//! Editors change every event in place, one after the other, before anybody reads
//! it; and when one of them leaves too early, everybody learns who.

mod common;

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::{
    EditBatch, Editor, End, ReadTimeoutError, Reader, Ring, Role, TryClaimError, TryReadError,
    Wait, Writer,
};
use common::{PARK, Tally, blamed, count, event, finite, join, publish_at_once, settle_down};

/// The names of three editors.
const NAMES: [&str; 3] = ["first", "second", "third"];

/// Who is blamed by a read that does not wait.
#[track_caller]
fn blamed_for<B>(read: Result<B, TryReadError>) -> (String, u64) {
    match read {
        Err(TryReadError::Ended(end)) => blamed(end),
        Err(TryReadError::Empty) => panic!("not ended"),
        Ok(_) => panic!("not empty"),
    }
}

/// An event that knows who has edited it, in which order, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edited {
    sequence: u64,
    /// By how many.
    editors: usize,
    checksum: u64,
}

impl Edited {
    /// An event as it is published.
    fn raw(sequence: u64) -> Self {
        Self { sequence, editors: 0, checksum: event(sequence) }
    }

    /// Lets an editor change it, which must be the next one.
    #[track_caller]
    fn edit(&mut self, sequence: u64, editor: usize) {
        self.check(sequence, editor);
        self.editors += 1;
        self.checksum = fold(self.checksum, editor);
    }

    /// Sees that it is what so many editors have made of it.
    #[track_caller]
    fn check(&self, sequence: u64, editors: usize) {
        let checksum = (0..editors).fold(event(sequence), fold);
        assert_eq!(self, &Self { sequence, editors, checksum });
    }
}

/// What an editor makes of a checksum. The order matters.
fn fold(checksum: u64, editor: usize) -> u64 {
    checksum.rotate_left(9).wrapping_mul(2 * editor as u64 + 3).wrapping_add(1)
}

/// A ring with three editors, whose events know who has edited them.
fn edited_ring(capacity: usize) -> (Writer<Edited>, [Editor<Edited>; 3], Ring<Edited>) {
    Ring::builder(capacity).build_with_editors(NAMES, || Edited::raw(u64::MAX))
}

/// Publishes the next event.
fn publish_raw(writer: &mut Writer<Edited>) {
    let next = writer.cursor().get();
    assert_eq!(writer.publish(Edited::raw(next)).get(), next);
}

/// Edits up to so many events, which must be there.
#[track_caller]
fn edit(editor: &mut Editor<Edited>, index: usize, limit: usize) -> usize {
    let mut batch = editor.try_batch_up_to(limit).unwrap();
    batch.iter_mut().for_each(|(at, event)| event.edit(at.get(), index));
    batch.len()
}

/// Sees that there is nothing to edit, but may be later.
#[track_caller]
fn has_nothing<T>(editor: &mut Editor<T>) {
    assert_eq!(editor.try_batch().map(drop), Err(TryReadError::Empty));
    assert_eq!(editor.lag(), 0);
}

#[test]
fn editors_change_each_event_one_after_the_other_and_then_it_is_read() {
    for capacity in [1, 2, 8, 32] {
        let (mut writer, mut editors, ring) = edited_ring(capacity);
        let mut reader = ring.subscribe().unwrap();
        let mut observer = ring.observe().unwrap();
        for sequence in 0..5 * capacity as u64 {
            assert!(writer.try_publish(Edited::raw(sequence)).is_ok());
            for index in 0..3 {
                for later in &mut editors[index + 1..] {
                    has_nothing(later);
                }
                // Nobody sees what is not edited by all.
                assert_eq!((ring.cursor().get(), reader.lag()), (sequence, 0));
                assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
                assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
                assert!(observer.latest().is_none_or(|latest| latest[0].sequence < sequence));
                assert_eq!(editors[index].lag(), 1);
                assert_eq!(editors[index].position().get(), sequence);
                assert_eq!(edit(&mut editors[index], index, usize::MAX), 1);
                assert_eq!(editors[index].position().get(), sequence + 1);
                has_nothing(&mut editors[index]);
            }
            assert_eq!(ring.cursor().get(), sequence + 1);
            reader.try_recv().unwrap().check(sequence, 3);
            observer.look().unwrap()[0].check(sequence, 3);
        }
    }
}

#[test]
fn an_editor_gets_what_has_arrived_up_to_a_limit() {
    for limit in [1, 2, 3, 7, 100] {
        let (mut writer, mut editors, ring) = edited_ring(16);
        let mut reader = ring.subscribe().unwrap();
        for _ in 0..10 {
            for _ in 0..16 {
                publish_raw(&mut writer);
            }
            for (index, editor) in editors.iter_mut().enumerate() {
                let mut left = 16;
                while left > 0 {
                    assert_eq!(editor.lag(), left as u64);
                    assert_eq!(edit(editor, index, limit), limit.min(left));
                    left -= limit.min(left);
                }
                has_nothing(editor);
            }
            assert_eq!(reader.try_batch().unwrap().len(), 16);
        }
    }
}

#[test]
fn an_editor_that_asks_for_no_event_gets_an_empty_batch_of_those_that_are_there() {
    finite(|| {
        let (mut writer, [mut editor, ..], ring) = edited_ring(4);
        assert_eq!(editor.try_batch_up_to(0).map(drop), Err(TryReadError::Empty));
        publish_raw(&mut writer);
        for _ in 0..3 {
            let mut batch = editor.try_batch_up_to(0).unwrap();
            assert!(batch.is_empty());
            assert_eq!((batch.len(), batch.iter_mut().len()), (0, 0));
            assert!(batch.sequences().is_empty());
            drop(batch);
            editor.wait_batch_up_to(0).unwrap().for_each(|_, _| panic!("there is none"));
            assert_eq!((editor.lag(), editor.position().get()), (1, 0));
        }
        drop(writer);
        assert_eq!(edit(&mut editor, 0, 1), 1);
        assert_eq!(editor.wait_batch_up_to(0).map(drop), Err(End::Closed));
        drop(ring);
    });
}

#[test]
fn a_batch_lends_its_events_by_index_and_one_after_the_other_as_often_as_one_likes() {
    let builder = Ring::builder(64);
    let (mut writer, [mut editor], _ring) =
        builder.build_with_editors(["editor"], || Edited::raw(u64::MAX));
    // Over several blocks, and round the end of the ring.
    for start in [0, 40, 80] {
        for _ in 0..40 {
            publish_raw(&mut writer);
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
        // All at once: they are different events.
        let all: Vec<_> = (&mut batch).into_iter().collect();
        for (at, event) in all {
            event.edit(at.get(), 0);
        }
        assert!(format!("{batch:?}").contains("EditBatch"));
        drop(batch);
    }
}

#[test]
fn events_are_passed_on_as_a_closure_gets_them_and_at_least_every_quarter() {
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
                let check = |at: u64| {
                    assert_eq!(at, next);
                    // Whole quarters from where the batch began.
                    assert_eq!(ring.cursor().get(), start + (at - start) / stride * stride);
                    next += 1;
                };
                if round % 2 == 0 {
                    let mut check = check;
                    editor.try_batch().unwrap().for_each(|_, at| check(at.get()));
                } else {
                    let mut check = check;
                    let all = editor.try_batch().unwrap();
                    assert_eq!(all.len(), capacity);
                    all.for_each(|_, at| check(at.get()));
                }
                assert_eq!(ring.cursor().get(), start + capacity as u64);
            }
        }
    });
}

#[test]
fn run_says_which_event_is_the_last_of_those_that_had_arrived_together() {
    finite(|| {
        let (mut writer, [mut first, mut second, third], _ring) = edited_ring(16);
        for _ in 0..10 {
            publish_raw(&mut writer);
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
fn an_editor_has_a_name_a_number_and_a_way_to_wait() {
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
    // Readers have other numbers.
    assert_eq!(ring.subscribe().unwrap().member().number(), 3);
    drop(writer);
}

#[test]
fn an_editor_that_panics_has_passed_on_what_it_was_done_with_and_gets_the_rest_again() {
    type Way = fn(&mut Editor<u64>, &mut dyn FnMut(&mut u64, u64));
    let ways: [(&str, Way); 2] = [
        ("run", |editor, edit| {
            editor.run(|event, at, _| edit(event, at.get()));
        }),
        ("for_each", |editor, edit| {
            editor.try_batch().unwrap().for_each(|event, at| edit(event, at.get()));
        }),
    ];
    for (name, way) in ways {
        for panics_at in 0..16 {
            let (mut writer, [mut editor], ring) =
                Ring::builder(16).build_with_editors(["editor"], || 0);
            let mut reader = ring.subscribe().unwrap();
            for _ in 0..16 {
                publish_at_once(&mut writer);
            }
            let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                way(&mut editor, &mut |edited, at| {
                    assert_eq!(*edited, event(at));
                    *edited = !event(at);
                    if at == panics_at {
                        panic::resume_unwind(Box::new(()));
                    }
                });
            }));
            assert!(panicked.is_err());
            assert_eq!(editor.position().get(), panics_at, "{name}");
            assert_eq!((reader.lag(), editor.lag()), (panics_at, 16 - panics_at));
            // It lives on, and gets the same event again, as it has left it.
            let mut batch = editor.try_batch().unwrap();
            assert_eq!(batch[0], !event(panics_at));
            batch.iter_mut().skip(1).for_each(|(at, edited)| {
                assert_eq!(*edited, event(at.get()));
                *edited = !*edited;
            });
            drop(batch);
            let read = reader.try_batch().unwrap();
            assert_eq!(read.len(), 16);
            assert!(read.iter().all(|(at, &edited)| edited == !event(at.get())));
        }
    }
}

#[test]
fn a_batch_that_is_dropped_by_a_panic_or_forgotten_comes_again_as_it_was_left() {
    for forgets in [false, true] {
        let (mut writer, [mut editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0);
        let mut reader = ring.subscribe().unwrap();
        for _ in 0..5 {
            publish_at_once(&mut writer);
        }
        for round in 0..3 {
            let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                let mut batch = editor.try_batch_up_to(3).unwrap();
                assert_eq!(batch[1], event(1).wrapping_add(round));
                for (_, edited) in &mut batch {
                    *edited = edited.wrapping_add(1);
                }
                if forgets {
                    mem::forget(batch);
                } else {
                    panic::resume_unwind(Box::new(()));
                }
            }));
            assert_eq!(panicked.is_ok(), forgets);
            assert_eq!((editor.position().get(), editor.lag()), (0, 5));
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        }
        drop(editor.try_batch());
        for sequence in 0..5 {
            let added = if sequence < 3 { 3 } else { 0 };
            assert_eq!(reader.try_recv(), Ok(event(sequence).wrapping_add(added)));
        }
    }
}

#[test]
fn whatever_an_editor_puts_in_an_event_s_place_is_kept_and_what_was_there_is_dropped() {
    /// An event that counts how many there are.
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
        // One in each slot.
        assert_eq!(Arc::strong_count(&alive), 1 + 8);
    }
    drop((writer, replacing, swapping, reader, ring));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn events_of_no_size_are_edited_as_well() {
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
fn when_an_editor_leaves_too_early_what_it_has_passed_on_is_read_and_then_the_error() {
    for several in [false, true] {
        for leaves in 0..3 {
            let (mut writer, editors, ring) = edited_ring(16);
            let mut reader = ring.subscribe().unwrap();
            let mut observer = ring.observe().unwrap();
            let mut behind = ring.reader().after(&reader).unwrap().subscribe().unwrap();
            let builder = ring.reader().evict_after(Duration::ZERO);
            let mut impatient = builder.subscribe().unwrap();
            for _ in 0..6 {
                publish_raw(&mut writer);
            }
            let mut editors = editors.map(Some);
            for (index, editor) in editors.iter_mut().enumerate() {
                edit(editor.as_mut().unwrap(), index, if index < leaves { 6 } else { 4 });
            }
            drop(editors[leaves].take());
            if several {
                // Who leaves later is not to blame, before or behind.
                editors.iter_mut().for_each(|editor| drop(editor.take()));
            }
            let blame = (format!("editor {:?}", NAMES[leaves]), 4);
            for editor in editors.iter_mut().flatten() {
                if editor.member().number() > leaves as u64 {
                    for _ in 0..2 {
                        assert_eq!(blamed_for(editor.try_batch()), blame);
                    }
                } else {
                    has_nothing(editor);
                }
            }
            for reader in [&mut reader, &mut behind, &mut impatient] {
                for sequence in 0..4 {
                    reader.try_recv().unwrap().check(sequence, 3);
                }
                for _ in 0..2 {
                    assert_eq!(blamed_for(reader.try_batch()), blame);
                }
            }
            assert_eq!(observer.look().unwrap().len(), 4);
            assert_eq!(blamed_for(observer.look()), blame);
            observer.latest().unwrap()[0].check(3, 3);
            // So it stays when the stream ends.
            drop(writer);
            assert_eq!(blamed_for(reader.try_batch()), blame);
            assert_eq!(blamed_for(reader.clone().try_batch()), blame);
            let mut late = ring.subscribe().unwrap();
            assert_eq!(blamed_for(late.try_batch()), blame);
        }
    }
}

#[test]
fn when_an_editor_has_left_the_writer_fills_the_ring_once_more_and_is_then_refused() {
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
            // Readers make room for what nobody will ever read.
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
fn a_publication_that_panics_takes_nothing_back() {
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
    // What was announced then is where the oldest events are that nobody will touch.
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

#[test]
fn a_writer_that_waits_is_woken_when_an_editor_leaves() {
    finite(|| {
        for (leaves, name) in NAMES.into_iter().enumerate() {
            for round in 0..8 {
                let builder = Ring::builder(2).writer_wait(PARK);
                let (mut writer, editors, _ring) = builder.build_with_editors(NAMES, || 0_u64);
                let mut editors = Vec::from(editors);
                let writing = thread::spawn(move || {
                    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                        writer.publish_all(0..10);
                    }));
                    let payload = panicked.unwrap_err();
                    let message = payload.downcast_ref::<String>().unwrap();
                    assert!(message.ends_with(&format!("the editor {name:?} has left")));
                    assert_eq!(writer.cursor().get(), 2);
                    let refused = writer.publish_timeout(0, Duration::MAX).unwrap_err();
                    assert_eq!(refused.holder().unwrap().name(), Some(name));
                });
                settle_down(round);
                drop(editors.remove(leaves));
                join(writing);
                drop(editors);
            }
        }
    });
}

#[test]
fn an_editor_that_is_dropped_at_the_end_of_the_stream_leaves_no_error() {
    finite(|| {
        for published in 0..4 {
            let (mut writer, mut editors, ring) = edited_ring(4);
            let mut reader = ring.subscribe().unwrap();
            for _ in 0..published {
                publish_raw(&mut writer);
            }
            drop(writer);
            for editor in &mut editors {
                let index = editor.member().number() as usize;
                assert_eq!(editor.run(|event, at, _| event.edit(at.get(), index)), End::Closed);
                assert_eq!(editor.try_batch().map(drop), Err(End::Closed.into()));
                assert_eq!(editor.wait_batch().map(drop), Err(End::Closed));
                let timed = editor.batch_timeout(Duration::MAX);
                assert_eq!(timed.map(drop), Err(ReadTimeoutError::Ended(End::Closed)));
            }
            let mut editors = Vec::from(editors);
            while !editors.is_empty() {
                drop(editors.remove(editors.len() / 2));
            }
            let mut tally = 0;
            let end = reader.run(|event, at, _| {
                event.check(at.get(), 3);
                tally += 1;
            });
            assert_eq!((end, tally), (End::Closed, published));
        }
    });
}

#[test]
fn what_is_still_on_its_way_when_the_writer_leaves_arrives() {
    for after_editor in 0..3 {
        let (mut writer, mut editors, ring) = edited_ring(8);
        let mut reader = ring.subscribe().unwrap();
        for _ in 0..8 {
            publish_raw(&mut writer);
        }
        for (index, editor) in editors.iter_mut().enumerate().take(after_editor) {
            edit(editor, index, 8);
        }
        drop(writer);
        assert!(ring.is_closed());
        for (index, editor) in editors.iter_mut().enumerate().skip(after_editor) {
            assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
            for _ in 0..8 {
                assert_eq!(edit(editor, index, 1), 1);
            }
            assert_eq!(editor.try_batch().map(drop), Err(End::Closed.into()));
        }
        for sequence in 0..8 {
            reader.try_recv().unwrap().check(sequence, 3);
        }
        assert_eq!(reader.try_batch().map(drop), Err(End::Closed.into()));
    }
}

#[test]
fn the_writer_stays_behind_the_last_editor_when_nobody_reads() {
    for capacity in [1, 2, 16] {
        let (mut writer, mut editors, ring) = edited_ring(capacity);
        for round in 0..5 {
            for left in (1..=capacity).rev() {
                assert_eq!(writer.remaining_capacity(), left);
                publish_raw(&mut writer);
            }
            assert_eq!(writer.remaining_capacity(), 0);
            let next = writer.cursor().get();
            // The one that has to do something next is named.
            for (index, editor) in editors.iter_mut().enumerate() {
                let refused =
                    writer.publish_timeout(Edited::raw(next), Duration::ZERO).unwrap_err();
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
fn a_slow_reader_is_named_and_not_the_editor_that_waits_for_it() {
    let (mut writer, mut editors, ring) = edited_ring(4);
    let reader = ring.reader().name("slow").subscribe().unwrap();
    for _ in 0..4 {
        publish_raw(&mut writer);
    }
    edit(&mut editors[0], 0, 4);
    edit(&mut editors[1], 1, 4);
    // Until something is there to read, it is the editor.
    let refused = writer.publish_timeout(Edited::raw(4), Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(editors[2].member()));
    edit(&mut editors[2], 2, 1);
    let refused = writer.publish_timeout(Edited::raw(4), Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(reader.member()));
    drop(reader);
    assert!(writer.try_publish(Edited::raw(4)).is_ok());
}

#[test]
fn a_reader_from_the_oldest_sees_only_what_is_edited_and_at_least_half_a_ring_of_that() {
    for capacity in [2, 8, 64] {
        let (mut writer, mut editors, ring) = edited_ring(capacity);
        let half = capacity as u64 / 2;
        for round in 0..4 * capacity as u64 {
            if writer.remaining_capacity() > 0 {
                publish_raw(&mut writer);
            }
            for (index, editor) in editors.iter_mut().enumerate() {
                if event(round + index as u64).is_multiple_of(3) && editor.lag() > 0 {
                    edit(editor, index, 1 + (event(round) % half) as usize);
                }
            }
            let mut reader = ring.reader().from_oldest().subscribe().unwrap();
            let (start, cursor) = (reader.position().get(), ring.cursor().get());
            // The writer is ahead of the cursor, and may reserve half a ring more.
            let reserved = (writer.cursor().get() + half).min(cursor + capacity as u64);
            assert!(start <= reserved.saturating_sub(capacity as u64));
            assert!(start <= cursor);
            for sequence in start..cursor {
                reader.try_recv().unwrap().check(sequence, 3);
            }
            assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
        }
    }
}

/// Edits to the end of the stream, now this way, now that, and says how far it is.
fn edit_this_way_and_that(
    mut editor: Editor<Edited>,
    before: Option<Arc<AtomicU64>>,
    done: Arc<AtomicU64>,
) -> JoinHandle<u64> {
    thread::spawn(move || {
        let index = editor.member().number() as usize;
        let edit = |event: &mut Edited, at: u64| {
            // With no ordering of its own: being passed on is what orders it.
            assert!(before.as_ref().is_none_or(|before| before.load(Ordering::Relaxed) > at));
            event.edit(at, index);
            done.store(at + 1, Ordering::Relaxed);
        };
        let edit_all = |mut batch: EditBatch<'_, Edited>| {
            batch.iter_mut().for_each(|(at, event)| edit(event, at.get()));
        };
        loop {
            let position = editor.position().get();
            let dice = event(position + 1_000_000 * index as u64);
            let end = match dice % 5 {
                0 => editor.wait_batch().map(edit_all).err(),
                1 => editor.wait_batch_up_to(1 + dice as usize % 7).map(edit_all).err(),
                2 => editor
                    .wait_batch()
                    .map(|batch| batch.for_each(|event, at| edit(event, at.get())))
                    .err(),
                3 => match editor.batch_timeout(Duration::from_micros(dice % 100)) {
                    Ok(batch) => {
                        edit_all(batch);
                        None
                    }
                    Err(ReadTimeoutError::Timeout) => None,
                    Err(ReadTimeoutError::Ended(end)) => Some(end),
                },
                _ => {
                    thread::yield_now();
                    match editor.try_batch() {
                        Ok(batch) => {
                            edit_all(batch);
                            None
                        }
                        Err(error) => error.end().cloned(),
                    }
                }
            };
            if let Some(end) = end {
                assert_eq!(end, End::Closed);
                return editor.position().get();
            }
        }
    })
}

/// Reads edited events to the end of the stream, and returns how many.
fn read_edited(mut reader: Reader<Edited>) -> JoinHandle<u64> {
    thread::spawn(move || {
        let mut next = reader.position().get();
        let end = reader.run(|event, at, _| {
            assert_eq!(at.get(), next);
            event.check(next, 3);
            next += 1;
        });
        assert_eq!(end, End::Closed);
        next
    })
}

/// A ring with three editors, and whatever readers there are, on more threads than cores.
fn edited_by_all(capacity: usize, total: u64, wait: Wait) {
    finite(move || {
        let builder = Ring::builder(capacity).writer_wait(wait).reader_wait(wait);
        let (mut writer, editors, ring) =
            builder.build_with_editors(NAMES, || Edited::raw(u64::MAX));
        let plain = ring.subscribe().unwrap();
        let behind = ring.reader().after(&plain).unwrap().subscribe().unwrap();
        let readers = [plain, behind].map(read_edited);
        let impatient = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
        let impatient = thread::spawn(move || {
            let mut reader = impatient;
            let (mut seen, mut missed) = (0, 0);
            loop {
                let end = reader.run(|event, at, _| {
                    assert_eq!(at.get(), seen + missed);
                    event.check(at.get(), 3);
                    seen += 1;
                });
                match end {
                    End::Evicted(_) => missed += reader.rejoin().unwrap(),
                    end => {
                        assert_eq!(end, End::Closed);
                        return seen + missed;
                    }
                }
            }
        });
        let observer = ring.observe().unwrap();
        let observing = thread::spawn(move || {
            let mut observer = observer;
            let mut accounted = 0;
            while let Ok(glimpse) = observer.wait_look() {
                accounted += glimpse.missed() + glimpse.len() as u64;
                glimpse.iter().for_each(|(at, event)| event.check(at.get(), 3));
            }
            accounted
        });
        let guest = {
            let ring = ring.clone();
            thread::spawn(move || {
                while ring.cursor().get() < total {
                    let mut reader = ring.reader().from_oldest().subscribe().unwrap();
                    for _ in 0..5 {
                        let at = reader.position().get();
                        match reader.recv() {
                            Ok(event) => event.check(at, 3),
                            Err(end) => assert_eq!(end, End::Closed),
                        }
                    }
                }
            })
        };
        let mut before = None;
        let editing = editors.map(|editor| {
            let done = Arc::new(AtomicU64::new(0));
            let before = before.replace(Arc::clone(&done));
            edit_this_way_and_that(editor, before, done)
        });
        while writer.cursor().get() < total {
            let next = writer.cursor().get();
            let run = (1 + event(next) % capacity as u64).min(total - next);
            match event(next + 1) % 3 {
                0 => {
                    let mut claim = writer.claim(run as usize).unwrap();
                    for (slot, at) in claim.iter_mut().zip(next..) {
                        *slot = Edited::raw(at);
                    }
                    claim.publish();
                }
                1 => {
                    writer.publish_all((next..next + run).map(Edited::raw));
                }
                _ => publish_raw(&mut writer),
            }
        }
        drop(writer);
        assert_eq!(editing.map(join), [total; 3]);
        assert_eq!(readers.map(join), [total; 2]);
        assert_eq!((join(impatient), join(observing)), (total, total));
        join(guest);
        assert_eq!(ring.reader_count(), 0);
    });
}

#[test]
fn nobody_ever_reads_an_event_that_is_not_edited_by_all() {
    edited_by_all(1, count(1_500), Wait::PARK);
    edited_by_all(2, count(3_000), PARK);
    edited_by_all(16, count(10_000), Wait::YIELD);
    edited_by_all(256, count(30_000), Wait::PARK);
}

#[test]
fn editors_alone_keep_the_writer_going() {
    finite(|| {
        let total = count(5_000);
        for capacity in [1, 2, 64] {
            for wait in [Wait::PARK, PARK] {
                let builder = Ring::builder(capacity).writer_wait(wait).reader_wait(wait);
                let (mut writer, editors, ring) =
                    builder.build_with_editors(NAMES, || Edited::raw(u64::MAX));
                let editing = editors.map(|mut editor| {
                    thread::spawn(move || {
                        let index = editor.member().number() as usize;
                        let end = editor.run(|event, at, _| event.edit(at.get(), index));
                        (end, editor.position().get())
                    })
                });
                for _ in 0..total {
                    publish_raw(&mut writer);
                }
                drop(writer);
                assert_eq!(editing.map(join), [(); 3].map(|()| (End::Closed, total)));
                assert_eq!(ring.cursor().get(), total);
            }
        }
    });
}

#[test]
fn an_editor_that_sleeps_is_woken_by_what_arrives_and_by_the_end() {
    finite(|| {
        for round in 0..count(50) {
            let builder = Ring::builder(2).writer_wait(PARK).reader_wait(PARK);
            let (mut writer, editors, ring) =
                builder.build_with_editors(NAMES, || Edited::raw(u64::MAX));
            let reader = read_edited(ring.subscribe().unwrap());
            let editing = editors.map(|mut editor| {
                thread::spawn(move || {
                    let index = editor.member().number() as usize;
                    while let Ok(mut batch) = editor.wait_batch() {
                        batch.iter_mut().for_each(|(at, event)| event.edit(at.get(), index));
                    }
                    editor.position().get()
                })
            });
            for _ in 0..round % 5 {
                settle_down(round);
                publish_raw(&mut writer);
            }
            settle_down(round + 1);
            drop(writer);
            assert_eq!(editing.map(join), [round % 5; 3]);
            assert_eq!(join(reader), round % 5);
        }
    });
}

#[test]
fn an_editor_and_a_reader_that_sleep_are_woken_when_another_editor_leaves() {
    finite(|| {
        for (leaves, name) in NAMES.into_iter().enumerate() {
            for round in 0..8 {
                let builder = Ring::builder(4).reader_wait(PARK);
                let (mut writer, editors, ring) = builder.build_with_editors(NAMES, || 0);
                let mut reader = ring.subscribe().unwrap();
                let mut observer = ring.observe().unwrap();
                let mut editors = Vec::from(editors);
                let blame = (format!("editor {name:?}"), 1);
                publish_at_once(&mut writer);
                for editor in &mut editors {
                    drop(editor.try_batch().unwrap());
                }
                let behind = editors.split_off(leaves + 1);
                let editing: Vec<_> = behind
                    .into_iter()
                    .map(|mut editor| thread::spawn(move || editor.wait_batch().map(drop)))
                    .collect();
                let reading = thread::spawn(move || {
                    let mut tally = Tally::at(reader.position());
                    let end = reader.run(|&event, at, _| tally.take_at(at, event));
                    tally.ends_at(1);
                    end
                });
                let observing = thread::spawn(move || {
                    assert_eq!(observer.wait_look().unwrap().len(), 1);
                    observer.wait_look().map(drop)
                });
                settle_down(round);
                drop(editors.pop());
                for editor in editing {
                    assert_eq!(blamed(join(editor).unwrap_err()), blame);
                }
                assert_eq!(blamed(join(reading)), blame);
                assert_eq!(blamed(join(observing).unwrap_err()), blame);
                drop((writer, editors));
            }
        }
    });
}

#[test]
fn an_editor_with_a_time_limit_gives_up_and_is_as_good_as_before() {
    finite(|| {
        for wait in [Wait::PARK, PARK, Wait::YIELD, Wait::SPIN] {
            let (mut writer, [mut first, mut second], ring) =
                Ring::builder(4).build_with_editors(["first", "second"], || 0);
            first.set_wait(wait);
            second.set_wait(wait);
            let mut reader = ring.subscribe().unwrap();
            for sequence in 0..count(20) {
                for editor in [&mut first, &mut second] {
                    let given_up = editor.batch_timeout(Duration::from_micros(50)).map(drop);
                    assert_eq!(given_up, Err(ReadTimeoutError::Timeout));
                }
                publish_at_once(&mut writer);
                for editor in [&mut first, &mut second] {
                    assert_eq!(editor.batch_timeout(Duration::ZERO).unwrap().len(), 1);
                }
                assert_eq!(reader.try_recv(), Ok(event(sequence)));
            }
        }
    });
}

#[test]
fn when_an_editor_s_thread_panics_everybody_gets_done_and_knows_who_it_was() {
    finite(|| {
        let total = count(2_000);
        for (fragile, name) in NAMES.into_iter().enumerate() {
            for panics_at in [0, 1, total / 2] {
                let builder = Ring::builder(8);
                let (mut writer, editors, ring) =
                    builder.build_with_editors(NAMES, || Edited::raw(u64::MAX));
                let reader = ring.subscribe().unwrap();
                let behind = ring.reader().after(&reader).unwrap().subscribe().unwrap();
                let blame = (format!("editor {name:?}"), panics_at);
                let mut editing = Vec::from(editors.map(|mut editor| {
                    let index = editor.member().number() as usize;
                    thread::spawn(move || {
                        editor.run(|event, at, _| {
                            event.edit(at.get(), index);
                            if index == fragile && at.get() == panics_at {
                                panic::resume_unwind(Box::new(()));
                            }
                        })
                    })
                }));
                let reading: Vec<_> = [reader, behind]
                    .into_iter()
                    .map(|mut reader| {
                        thread::spawn(move || {
                            let mut next = 0;
                            let end = reader.run(|event, at, _| {
                                assert_eq!(at.get(), next);
                                event.check(next, 3);
                                next += 1;
                            });
                            (end, next, reader)
                        })
                    })
                    .collect();
                let writing = thread::spawn(move || {
                    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                        for _ in 0..total {
                            publish_raw(&mut writer);
                        }
                    }));
                    assert!(panicked.is_err());
                    // Until all have read what there is, there may be room for a few more.
                    let refused = loop {
                        assert!(writer.cursor().get() <= panics_at + 8);
                        let next = Edited::raw(writer.cursor().get());
                        if let Err(refused) = writer.try_publish(next) {
                            break refused;
                        }
                    };
                    refused.editor_left().cloned().unwrap()
                });
                assert_eq!(join(writing).name(), Some(name));
                assert!(editing.remove(fragile).join().is_err());
                for (end, next, _kept) in reading.into_iter().map(join) {
                    assert_eq!((blamed(end), next), (blame.clone(), panics_at));
                }
                for (index, editor) in editing.into_iter().enumerate() {
                    let end = join(editor);
                    if index < fragile {
                        // Nothing was published that it has not edited.
                        assert_eq!(end, End::Closed);
                    } else {
                        assert_eq!(blamed(end), blame);
                    }
                }
            }
        }
    });
}

#[test]
fn who_waits_for_another_reader_is_woken_when_an_editor_leaves() {
    finite(|| {
        for round in 0..4 {
            let builder = Ring::builder(8).reader_wait(PARK);
            let (writer, [editor], ring) = builder.build_with_editors(["editor"], || 0_u64);
            let first = ring.subscribe().unwrap();
            let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
            let waiting = thread::spawn(move || second.recv());
            settle_down(round);
            drop(editor);
            let end = join(waiting).unwrap_err();
            assert_eq!(blamed(end), ("editor \"editor\"".to_owned(), 0));
            drop((writer, first));
        }
    });
}

#[test]
fn the_first_to_leave_is_blamed_and_not_those_who_give_up_because_of_it() {
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
                let blame = (format!("editor {:?}", names[leaves]), passed_on as u64);
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
                    // Whether it has learnt why or not, it has done all that it could.
                    if published % 2 == 0 {
                        assert_eq!(blamed_for(editor.try_batch()), blame);
                    }
                }
                assert_eq!(reader.try_batch().map_or(0, |batch| batch.len()), passed_on);
                assert_eq!(blamed_for(reader.try_batch()), blame);
            }
        }
    }
}

#[test]
fn a_destructor_may_edit_while_a_panic_unwinds() {
    struct Finish<'e>(&'e mut Editor<u64>);

    impl Drop for Finish<'_> {
        fn drop(&mut self) {
            while let Ok(mut batch) = self.0.try_batch_up_to(2) {
                batch.iter_mut().for_each(|(_, event)| *event += 1);
            }
        }
    }

    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0);
        let mut reader = ring.subscribe().unwrap();
        writer.publish_all([10, 20, 30]);
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
            let finish = Finish(&mut editor);
            let mut dropped_by_the_panic = finish.0.try_batch().unwrap();
            dropped_by_the_panic[0] += 100;
            panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err());
        assert_eq!(reader.try_batch().unwrap().events().collect::<Vec<_>>(), [&111, &21, &31]);
    });
}
