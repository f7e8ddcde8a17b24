//! A panic in an editing closure, or a forgotten batch, passes no unfinished event on.

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::{mem, thread};

use broadring::{Editor, End, Ring, TryReadError};

use crate::common::{count, departed_upstream, event, finite, join, publish_at_once};
use crate::rig::{Edited, NAMES, publish_unedited, read_to_end};

#[test]
fn a_closure_that_panics_has_passed_on_the_finished_events_and_the_editor_gets_the_rest_again() {
    type Operation = fn(&mut Editor<u64>, &mut dyn FnMut(&mut u64, u64));
    let ways: [(&str, Operation); 3] = [
        ("run", |editor, edit| {
            editor.run(|event, at, _| edit(event, at.get()));
        }),
        ("for_each", |editor, edit| {
            editor.try_batch().unwrap().for_each(|event, at| edit(event, at.get()));
        }),
        ("try_for_each", |editor, edit| {
            let _ = editor.try_batch().unwrap().try_for_each(|event, at| {
                edit(event, at.get());
                ControlFlow::<()>::Continue(())
            });
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
            // The editor is still usable, and gets the same event again, as it left it.
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
fn an_edit_batch_that_is_forgotten_or_unwound_past_is_lent_again_as_it_was_left() {
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
fn a_destructor_can_edit_while_its_thread_unwinds() {
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

#[test]
fn a_closure_that_panics_or_breaks_while_its_thread_unwinds_passes_nothing_on_after_that() {
    struct Finish<'e> {
        editor: &'e mut Editor<u64>,
        panics: bool,
    }

    impl Drop for Finish<'_> {
        fn drop(&mut self) {
            let finishing = AssertUnwindSafe(|| {
                self.editor.try_batch().unwrap().try_for_each(|event, at| {
                    *event += 1;
                    match (at.get(), self.panics) {
                        (1, true) => panic::resume_unwind(Box::new(())),
                        (1, false) => ControlFlow::Break(()),
                        _ => ControlFlow::Continue(()),
                    }
                })
            });
            assert_eq!(panic::catch_unwind(finishing).is_err(), self.panics);
        }
    }

    finite(|| {
        for panics in [false, true] {
            let (mut writer, [mut editor], ring) =
                Ring::builder(8).build_with_editors(["editor"], || 0);
            let mut reader = ring.subscribe().unwrap();
            writer.publish_all([10, 20, 30]);
            let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                let _finish = Finish { editor: &mut editor, panics };
                panic::resume_unwind(Box::new(()));
            }));
            assert!(panicked.is_err());
            let passed_on: &[u64] = if panics { &[11] } else { &[11, 21] };
            assert!(reader.try_batch().unwrap().events().eq(passed_on));
            assert_eq!(editor.position().get(), passed_on.len() as u64);
            drop(editor.try_batch());
            let rest: &[u64] = if panics { &[21, 30] } else { &[30] };
            assert!(reader.try_batch().unwrap().events().eq(rest));
        }
    });
}

#[test]
fn when_the_thread_of_an_editor_panics_every_other_thread_ends_and_learns_its_name() {
    finite(|| {
        let total = count(2_000);
        for (fragile, name) in NAMES.into_iter().enumerate() {
            for panics_at in [0, 1, total / 2] {
                let builder = Ring::builder(8);
                let (mut writer, editors, ring) =
                    builder.build_with_editors(NAMES, || Edited::unedited(u64::MAX));
                let reader = ring.subscribe().unwrap();
                let behind = ring.reader().after(&reader).unwrap().subscribe().unwrap();
                let left = (format!("editor {name:?}"), panics_at);
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
                            let (end, next) = read_to_end(&mut reader);
                            (end, next, reader)
                        })
                    })
                    .collect();
                let writing = thread::spawn(move || {
                    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                        for _ in 0..total {
                            publish_unedited(&mut writer);
                        }
                    }));
                    assert!(panicked.is_err());
                    // While readers still free slots, there is room for a few more events.
                    let refused = loop {
                        assert!(writer.cursor().get() <= panics_at + 8);
                        let next = Edited::unedited(writer.cursor().get());
                        if let Err(refused) = writer.try_publish(next) {
                            break refused;
                        }
                    };
                    refused.editor_left().cloned().unwrap()
                });
                assert_eq!(join(writing).name(), Some(name));
                assert!(editing.remove(fragile).join().is_err());
                for (end, next, _kept) in reading.into_iter().map(join) {
                    assert_eq!((departed_upstream(end), next), (left.clone(), panics_at));
                }
                for (index, editor) in editing.into_iter().enumerate() {
                    let end = join(editor);
                    if index < fragile {
                        // The editors before it have edited every published event.
                        assert_eq!(end, End::Closed);
                    } else {
                        assert_eq!(departed_upstream(end), left);
                    }
                }
            }
        }
    });
}
