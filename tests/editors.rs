//! Editors change every event in place, one after the other, before anybody reads
//! it; and when one of them leaves too early, everybody learns who.

mod common;

use std::panic::{self, AssertUnwindSafe};
use std::thread;

use broadring::{Editor, Ring, TryReadError};
use common::{PARK, blamed, finite, join, publish_at_once, settle_down};

/// Who is blamed by a read that does not wait.
#[track_caller]
fn blamed_for<B>(read: Result<B, TryReadError>) -> (String, u64) {
    match read {
        Err(TryReadError::Ended(end)) => blamed(end),
        Err(TryReadError::Empty) => panic!("not ended"),
        Ok(_) => panic!("not empty"),
    }
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
