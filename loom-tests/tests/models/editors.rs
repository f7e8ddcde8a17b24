//! Editors between the writer and the readers.

use broadring::{Editor, End, Ring, Wait, Writer};
use loom::thread;
use loom_tests::explore;

use crate::{Event, read, read_to_end};

/// What an editor adds to the number of an event.
const EDITED: u64 = 100;

fn edited(wait: Wait, capacity: usize) -> (Writer<Event>, Editor<Event>, Ring<Event>) {
    let builder = Ring::builder(capacity).max_readers(1).reader_wait(wait).writer_wait(wait);
    let (writer, [editor], ring) = builder.build_with_editors(["editor"], Event::default);
    (writer, editor, ring)
}

/// Publishes the events with these numbers as they are before editing.
fn publish_unedited(writer: &mut Writer<Event>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        writer.publish(Event::new(number + EDITED));
    }
}

/// Waits for a batch and edits it.
fn edit(editor: &mut Editor<Event>) -> Result<(), End> {
    for (sequence, event) in &mut editor.wait_batch()? {
        assert_eq!(event.number(), sequence.get() + EDITED);
        *event = Event::new(sequence.get());
    }
    Ok(())
}

/// Hands one event from the writer to the editor and on to a reader, in a ring of this capacity.
/// Returns where the reader started.
fn hand_on_one_event(wait: Wait, capacity: usize) -> u64 {
    let (mut writer, mut editor, ring) = edited(wait, capacity);
    let mut reader = ring.subscribe().unwrap();
    let editing = thread::spawn(move || {
        edit(&mut editor).unwrap();
        editor
    });
    let reading = thread::spawn(move || read(&mut reader, 1));
    publish_unedited(&mut writer, [0]);
    // So that neither leaving nor closing can be what wakes a thread.
    let start = reading.join().unwrap();
    drop((editing.join().unwrap(), writer));
    start
}

#[test]
fn readers_see_events_as_the_editor_has_left_them() {
    explore(266, [0], || hand_on_one_event(Wait::YIELD, 1));
}

#[test]
fn the_writer_stays_behind_the_editor_where_nobody_reads() {
    explore(310, [()], || {
        let (mut writer, mut editor, _ring) = edited(Wait::YIELD, 1);
        let editing = thread::spawn(move || {
            for _ in 0..2 {
                edit(&mut editor).unwrap();
            }
            editor
        });
        publish_unedited(&mut writer, 0..2);
        drop((editing.join().unwrap(), writer));
    });
}

#[test]
fn a_reader_that_joins_behind_an_editor_is_never_lapped() {
    explore(3700, [(0, 3), (1, 3)], || {
        let (mut writer, mut editor, ring) = edited(Wait::YIELD, 2);
        let reading = thread::spawn(move || {
            read_to_end(&mut ring.reader().from_oldest().subscribe().unwrap())
        });
        for number in 0..3 {
            publish_unedited(&mut writer, [number]);
            edit(&mut editor).unwrap();
        }
        drop(writer);
        let read = reading.join().unwrap();
        drop(editor);
        read
    });
}

#[test]
fn what_an_editor_has_passed_on_before_it_leaves_is_read() {
    explore(105, [1], || {
        let (mut writer, mut editor, ring) = edited(Wait::YIELD, 2);
        let mut reader = ring.subscribe().unwrap();
        publish_unedited(&mut writer, 0..2);
        let leaving = thread::spawn(move || {
            let mut batch = editor.try_batch_up_to(1).unwrap();
            batch[0] = Event::new(0);
            drop(batch);
            drop(editor);
        });
        let end = reader.run(|event, sequence, _| assert_eq!(event.number(), sequence.get()));
        let End::UpstreamLeft(left) = end else { panic!("{end:?}") };
        assert_eq!(left.position(), reader.position());
        leaving.join().unwrap();
        drop(writer);
        reader.position().get()
    });
}

mod sleep {
    use super::*;

    #[test]
    fn a_parked_editor_is_woken_by_the_writer_and_wakes_the_reader() {
        explore(380, [0], || hand_on_one_event(Wait::PARK, 2));
    }

    #[test]
    fn a_parked_writer_is_woken_by_the_editor() {
        explore(48, [()], || {
            let (mut writer, mut editor, _ring) = edited(Wait::PARK, 1);
            publish_unedited(&mut writer, [0]);
            let writing = thread::spawn(move || {
                publish_unedited(&mut writer, [1]);
                writer
            });
            edit(&mut editor).unwrap();
            drop((writing.join().unwrap(), editor));
        });
    }

    #[test]
    fn a_parked_reader_and_writer_are_woken_when_the_editor_leaves() {
        explore(1580, [()], || {
            let (mut writer, editor, ring) = edited(Wait::PARK, 1);
            let mut reader = ring.subscribe().unwrap();
            publish_unedited(&mut writer, [0]);
            let reading = thread::spawn(move || reader.recv());
            let writing = thread::spawn(move || {
                let refused = writer.publish_timeout(Event::new(1), std::time::Duration::MAX);
                refused.unwrap_err().holder().unwrap().to_string()
            });
            drop(editor);
            assert!(reading.join().unwrap().unwrap_err().is_upstream_left());
            assert_eq!(writing.join().unwrap(), "editor \"editor\"");
        });
    }
}
