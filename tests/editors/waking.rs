//! Editors that wait are woken by events and by the end, and the leaving of an editor wakes
//! every thread that waits.

use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use broadring::{End, ReadTimeoutError, Ring, Wait};

use crate::common::{
    PARK, Tally, count, departed_upstream, event, finite, join, publish_at_once, settle_down,
};
use crate::rig::{Edited, NAMES, publish_unedited, read_to_end};

#[test]
fn a_parked_editor_is_woken_by_an_event_and_by_the_end_of_the_stream() {
    finite(|| {
        for round in 0..count(50) {
            let builder = Ring::builder(2).writer_wait(PARK).reader_wait(PARK);
            let (mut writer, editors, ring) =
                builder.build_with_editors(NAMES, || Edited::unedited(u64::MAX));
            let mut reader = ring.subscribe().unwrap();
            let reading = thread::spawn(move || read_to_end(&mut reader));
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
                publish_unedited(&mut writer);
            }
            settle_down(round + 1);
            drop(writer);
            assert_eq!(editing.map(join), [round % 5; 3]);
            assert_eq!(join(reading), (End::Closed, round % 5));
        }
    });
}

#[test]
fn an_editor_whose_wait_timed_out_gets_the_next_event() {
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
fn parked_editors_readers_and_observers_are_woken_when_an_editor_leaves() {
    finite(|| {
        for (leaves, name) in NAMES.into_iter().enumerate() {
            for round in 0..8 {
                let builder = Ring::builder(4).reader_wait(PARK);
                let (mut writer, editors, ring) = builder.build_with_editors(NAMES, || 0);
                let mut reader = ring.subscribe().unwrap();
                let mut observer = ring.observe().unwrap();
                let mut editors = Vec::from(editors);
                let left = (format!("editor {name:?}"), 1);
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
                    assert_eq!(departed_upstream(join(editor).unwrap_err()), left);
                }
                assert_eq!(departed_upstream(join(reading)), left);
                assert_eq!(departed_upstream(join(observing).unwrap_err()), left);
                drop((writer, editors));
            }
        }
    });
}

#[test]
fn a_parked_dependent_reader_is_woken_when_an_editor_leaves() {
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
            assert_eq!(departed_upstream(end), ("editor \"editor\"".to_owned(), 0));
            drop((writer, first));
        }
    });
}

#[test]
fn a_parked_writer_is_woken_when_an_editor_leaves() {
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
