//! Tasks that sleep and are woken, beside threads: no wake-up is lost. A lost one deadlocks the
//! model.
//!
//! In some executions loom wakes a sleeping task spuriously. So each of these models also shows
//! that a task may be polled again while it is still registered.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use broadring::{Editor, End, Observer, Reader, Ring, Wait, Writer};
use loom::future::block_on;
use loom::thread;
use loom_tests::explore;

use crate::{Event, publish, read, read_to_end, ring_that_waits};

/// Reads so many events in a task, as `read` does in a thread.
async fn read_in_task(reader: &mut Reader<Event>, count: usize) -> u64 {
    let start = reader.position().get();
    for sequence in (start..).take(count) {
        let event = reader.recv_async().await.expect("the writer publishes enough");
        assert_eq!(event.number(), sequence);
    }
    start
}

/// Publishes an event in a task.
async fn publish_in_task(writer: &mut Writer<Event>, number: u64) {
    let published = writer.publish_async(Event::new(number)).await;
    assert_eq!(published.expect("no editor can leave").get(), number);
}

/// Edits the events of one batch in a task: each gets its sequence as its number.
async fn edit_in_task(editor: &mut Editor<Event>) -> Result<(), End> {
    for (sequence, event) in &mut editor.batch_async().await? {
        assert_eq!(event.number(), sequence.get() + UNEDITED);
        *event = Event::new(sequence.get());
    }
    Ok(())
}

/// What is added to the number of an event until it is edited.
const UNEDITED: u64 = 100;

fn edited_ring(capacity: usize) -> (Writer<Event>, Editor<Event>, Ring<Event>) {
    let builder = Ring::builder(capacity).max_readers(1);
    let builder = builder.reader_wait(Wait::PARK).writer_wait(Wait::PARK);
    let (writer, [editor], ring) = builder.build_with_editors(["editor"], Event::default);
    (writer, editor, ring)
}

/// Looks once in a task, and returns how many events were missed and how many seen.
async fn look_in_task(observer: &mut Observer<Event>) -> (u64, u64) {
    let glimpse = observer.look_async().await.expect("the writer publishes enough");
    for (sequence, event) in &glimpse {
        assert_eq!(event.number(), sequence.get());
    }
    (glimpse.missed(), glimpse.len() as u64)
}

/// Polls a future once, and returns whether it is ready.
async fn poll_once<O>(mut future: Pin<&mut impl Future<Output = O>>) -> Option<O> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[test]
fn a_reading_task_is_woken_by_an_event() {
    explore(20, [0], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || block_on(read_in_task(&mut reader, 1)));
        publish(&mut writer, [0]);
        // So that closing cannot be what wakes it.
        let start = reading.join().unwrap();
        drop(writer);
        start
    });
}

#[test]
fn a_task_that_reads_is_woken_by_the_end() {
    explore(38, [End::Closed.to_string()], || {
        let (writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || block_on(reader.recv_async()).unwrap_err());
        drop(writer);
        reading.join().unwrap().to_string()
    });
}

#[test]
fn a_dependent_task_is_woken_by_each_of_its_upstreams() {
    explore(240, [0], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 3);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.subscribe().unwrap();
        let after = ring.reader().after(&first).unwrap().after(&second).unwrap();
        let mut last = after.subscribe().unwrap();
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            let start = block_on(read_in_task(&mut last, 1));
            (start, last)
        });
        // So that neither another commit nor leaving can be what wakes it.
        read(&mut first, 1);
        read(&mut second, 1);
        let (start, last) = reading.join().unwrap();
        drop((first, second, last));
        start
    });
}

#[test]
fn an_editing_task_is_woken_by_an_event() {
    explore(20, [Event::new(0)], || {
        let (mut writer, mut editor, ring) = edited_ring(2);
        let mut reader = ring.subscribe().unwrap();
        let editing = thread::spawn(move || {
            block_on(edit_in_task(&mut editor)).unwrap();
            editor
        });
        publish(&mut writer, [UNEDITED]);
        // So that closing cannot be what wakes it.
        let editor = editing.join().unwrap();
        let event = reader.try_recv().unwrap();
        drop((writer, editor));
        event
    });
}

#[test]
fn an_editing_task_is_woken_by_the_end() {
    explore(38, [(End::Closed.to_string(), Ok(Event::new(0)))], || {
        let (mut writer, mut editor, ring) = edited_ring(2);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [UNEDITED]);
        let editing = thread::spawn(move || {
            block_on(async {
                edit_in_task(&mut editor).await.unwrap();
                edit_in_task(&mut editor).await.unwrap_err()
            })
        });
        drop(writer);
        let end = editing.join().unwrap().to_string();
        (end, reader.try_recv().map_err(|error| error.to_string()))
    });
}

#[test]
fn an_observing_task_is_woken_by_an_event() {
    explore(20, [(0, 1)], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut observer = ring.observe().unwrap();
        let looking = thread::spawn(move || {
            let seen = block_on(look_in_task(&mut observer));
            (seen, observer)
        });
        publish(&mut writer, [0]);
        // So that closing cannot be what wakes it.
        let (seen, observer) = looking.join().unwrap();
        drop((writer, observer));
        seen
    });
}

#[test]
fn a_publishing_task_is_woken_by_a_commit() {
    explore(11, [()], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 1);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let writing = thread::spawn(move || block_on(publish_in_task(&mut writer, 1)));
        read(&mut reader, 1);
        // So that leaving cannot be what wakes it.
        writing.join().unwrap();
        drop(reader);
    });
}

#[test]
fn a_publishing_task_is_woken_when_the_last_reader_leaves() {
    explore(38, [()], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 1);
        let reader = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let writing = thread::spawn(move || {
            block_on(writer.ready_async(1)).unwrap();
            publish(&mut writer, [1]);
        });
        drop(reader);
        writing.join().unwrap();
    });
}

#[test]
fn a_cancelled_read_loses_nothing() {
    explore(26, [false, true], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || {
            block_on(async {
                let at_once = poll_once(pin!(reader.recv_async())).await;
                match &at_once {
                    Some(event) => assert_eq!(event.as_ref().unwrap().number(), 0),
                    None => assert_eq!(read_in_task(&mut reader, 1).await, 0),
                }
                assert_eq!(reader.position().get(), 1);
                at_once.is_some()
            })
        });
        publish(&mut writer, [0]);
        let at_once = reading.join().unwrap();
        drop(writer);
        at_once
    });
}

#[test]
fn an_event_taken_back_from_its_future_is_not_published() {
    explore(92, [false, true], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 1);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let writing = thread::spawn(move || {
            block_on(async {
                let mut publishing = writer.publish_async(Event::new(1));
                let at_once = poll_once(Pin::new(&mut publishing)).await.is_some();
                if let Some(event) = publishing.into_inner() {
                    assert_eq!(writer.cursor().get(), 1);
                    publish_in_task(&mut writer, event.number()).await;
                }
                assert_eq!(writer.cursor().get(), 2);
                at_once
            })
        });
        read(&mut reader, 2);
        let at_once = writing.join().unwrap();
        drop(reader);
        at_once
    });
}

#[test]
fn a_future_that_moves_to_another_task_is_woken_there() {
    explore(25, [0], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || {
            let mut receiving = reader.recv_async();
            let mut nobody = Context::from_waker(Waker::noop());
            match Pin::new(&mut receiving).poll(&mut nobody) {
                Poll::Ready(event) => event.unwrap().number(),
                Poll::Pending => block_on(receiving).unwrap().number(),
            }
        });
        publish(&mut writer, [0]);
        let number = reading.join().unwrap();
        drop(writer);
        number
    });
}

#[test]
fn threads_and_tasks_that_sleep_together_are_all_woken() {
    explore(1100, [(0, 0)], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
        let mut in_thread = ring.subscribe().unwrap();
        let mut in_task = ring.subscribe().unwrap();
        let thread = thread::spawn(move || read(&mut in_thread, 1));
        let task = thread::spawn(move || block_on(read_in_task(&mut in_task, 1)));
        publish(&mut writer, [0]);
        let starts = (thread.join().unwrap(), task.join().unwrap());
        drop(writer);
        starts
    });
}

#[test]
fn a_thread_gets_every_event_of_a_task_in_order() {
    explore(690, [(0, 2)], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || {
            block_on(async {
                publish_in_task(&mut writer, 0).await;
                publish_in_task(&mut writer, 1).await;
            });
        });
        let ends = read_to_end(&mut reader);
        writing.join().unwrap();
        ends
    });
}
