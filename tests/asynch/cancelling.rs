//! A future that is dropped or forgotten consumes nothing, publishes nothing, and leaves no
//! waker that could pile up.

use std::future::pending;
use std::mem::{self, ManuallyDrop};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};
use std::thread;

use broadring::{Editor, Observer, Reader, Ring, Sequence};
use futures::executor::block_on;
use futures::{SinkExt, StreamExt};

use crate::common::{Tally, count, event, finite, join, publish_at_once, publish_next, ring_of};
use crate::rig::{Task, expect_ready, poll};

#[test]
fn a_dropped_future_reads_nothing_publishes_nothing_and_drops_its_waker() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    let task = Task::new();
    for _ in 0..count(1_000) {
        task.expect_pending(&mut reader.recv_async());
        task.expect_pending(&mut reader.batch_async());
        assert_eq!(task.wakers(), 0);
    }
    publish_next(&mut writer);
    publish_next(&mut writer);
    for _ in 0..count(1_000) {
        task.expect_pending(&mut writer.publish_async(event(7)));
        task.expect_pending(&mut writer.ready_async(1));
        task.expect_pending(&mut writer.claim_async(2));
        assert_eq!(task.wakers(), 0);
    }
    assert_eq!(task.wakes(), 0, "no waker was left to be woken");
    assert_eq!(writer.cursor().get(), 2);
    assert_eq!(expect_ready(reader.recv_async()), Ok(event(0)));
    assert_eq!(expect_ready(reader.recv_async()), Ok(event(1)));
    drop(reader.recv_async());
    drop(writer.publish_async(event(7)));
    assert_eq!((reader.position().get(), writer.cursor().get()), (2, 2));
}

#[test]
fn forgotten_futures_leave_at_most_one_waker_per_handle() {
    let (mut writer, mut reader, ring) = ring_of(1);
    let mut other = ring.subscribe().unwrap();
    let task = Task::new();
    for _ in 0..100 {
        let mut receiving = reader.recv_async();
        task.expect_pending(&mut receiving);
        mem::forget(receiving);
        let mut borrowing = other.batch_async();
        task.expect_pending(&mut borrowing);
        mem::forget(borrowing);
        assert!(task.wakers() <= 2, "{} wakers of two handles", task.wakers());
    }
    publish_next(&mut writer);
    assert_eq!((task.wakers(), task.wakes()), (0, 2));

    for _ in 0..100 {
        let mut publishing = writer.publish_async(event(1));
        task.expect_pending(&mut publishing);
        mem::forget(publishing);
        assert_eq!(task.wakers(), 1);
    }
    assert_eq!(reader.recv(), Ok(event(0)));
    assert_eq!(other.recv(), Ok(event(0)));
    assert_eq!(task.wakers(), 0);
    // The forgotten futures do no harm to the next ones.
    assert_eq!(expect_ready(writer.publish_async(event(1))), Ok(Sequence::new(1)));
    assert_eq!(expect_ready(reader.recv_async()), Ok(event(1)));
}

#[test]
fn dropped_and_forgotten_futures_of_editors_and_observers_change_nothing() {
    let (mut writer, [mut editor], ring) = Ring::builder(2).build_with_editors(["editor"], || 0);
    let mut observer = ring.observe().unwrap();
    let task = Task::new();
    for _ in 0..count(1_000) {
        task.expect_pending(&mut editor.batch_async());
        task.expect_pending(&mut observer.look_async());
        assert_eq!(task.wakers(), 0);
    }
    for _ in 0..100 {
        let mut editing = editor.batch_async();
        task.expect_pending(&mut editing);
        mem::forget(editing);
        let mut looking = observer.look_async();
        task.expect_pending(&mut looking);
        mem::forget(looking);
        assert!(task.wakers() <= 2, "{} wakers of two handles", task.wakers());
    }
    publish_at_once(&mut writer);
    assert_eq!((task.wakers(), task.wakes()), (1, 1));
    // A future that was never polled, although there is something, has read nothing either.
    drop(editor.batch_async());
    assert_eq!((editor.position().get(), editor.lag()), (0, 1));
    assert_eq!(expect_ready(editor.batch_async()).unwrap().len(), 1);
    assert_eq!((task.wakers(), task.wakes()), (0, 2));
    drop(observer.look_async());
    assert_eq!((observer.position().get(), observer.lag()), (0, 1));
    let glimpse = expect_ready(observer.look_async()).unwrap();
    assert_eq!((glimpse.missed(), glimpse.len(), glimpse[0]), (0, 1, event(0)));
}

#[test]
fn a_cancelled_task_passes_its_edit_batch_on_and_ends_its_look() {
    async fn edit(editor: &mut Editor<u64>) {
        let mut batch = editor.batch_async().await.unwrap();
        batch[0] = 7;
        pending::<()>().await;
    }
    async fn look(observer: &mut Observer<u64>) {
        let _glimpse = observer.look_async().await.unwrap();
        pending::<()>().await;
    }
    let (mut writer, [mut editor], ring) = Ring::builder(4).build_with_editors(["editor"], || 0);
    let mut observer = ring.observe().unwrap();
    (0..2).for_each(|_| publish_at_once(&mut writer));
    let mut editing = Box::pin(edit(&mut editor));
    assert!(poll(&mut editing, Waker::noop()).is_pending());
    assert_eq!(ring.cursor().get(), 0);
    drop(editing);
    assert_eq!((editor.position().get(), ring.cursor().get()), (2, 2));
    let latest = ring.observe().unwrap().latest().map(|glimpse| glimpse[0]);
    assert_eq!(latest, Some(event(1)));
    assert!(poll(&mut Box::pin(look(&mut observer)), Waker::noop()).is_pending());
    assert_eq!((observer.position().get(), observer.lag()), (2, 0));
    assert_eq!(writer.remaining_capacity(), 4);
}

#[test]
fn a_dropped_stream_or_sink_drops_its_waker() {
    let (mut writer, mut reader, ring) = ring_of(1);
    let task = Task::new();
    let mut stream = reader.stream();
    for _ in 0..100 {
        task.expect_pending(&mut stream.next());
    }
    assert_eq!(task.wakers(), 1, "the stream keeps its waker while it waits");
    drop(stream);
    assert_eq!(task.wakers(), 0);

    publish_next(&mut writer);
    let mut sink = writer.sink();
    for _ in 0..100 {
        task.expect_pending(&mut sink.feed(event(1)));
    }
    assert_eq!(task.wakers(), 1);
    drop(sink);
    assert_eq!(task.wakers(), 0);

    let mut stream = ring.subscribe().unwrap().into_stream();
    task.expect_pending(&mut stream.next());
    drop(stream);
    let mut sink = writer.into_sink();
    task.expect_pending(&mut sink.feed(event(1)));
    assert_eq!(block_on(sink.close()), Ok(()));
    assert_eq!(task.wakers(), 0);
}

#[test]
fn cancelled_waits_lose_no_event_and_no_wake_up() {
    finite(|| {
        let total = count(500);
        let (mut writer, mut reader, ring) = ring_of(2);
        let mut other = ring.subscribe().unwrap();
        let reading = thread::spawn(move || {
            let mut tally = Tally::at(other.position());
            while let Ok(event) = other.recv() {
                tally.take(event);
            }
            tally
        });
        let cancelling = thread::spawn(move || {
            let mut tally = Tally::at(reader.position());
            loop {
                // Three waits that are cancelled at once, then one that is awaited.
                for _ in 0..3 {
                    match poll(&mut reader.recv_async(), Waker::noop()) {
                        Poll::Ready(Ok(event)) => tally.take(event),
                        Poll::Ready(Err(_)) => return tally,
                        Poll::Pending => thread::yield_now(),
                    }
                }
                match block_on(reader.recv_async()) {
                    Ok(event) => tally.take(event),
                    Err(_) => return tally,
                }
            }
        });
        for sequence in 0..total {
            while writer.cursor().get() == sequence {
                let mut publishing = writer.publish_async(event(sequence));
                if poll(&mut publishing, Waker::noop()).is_pending() {
                    let event = publishing.into_inner().expect("it is not published");
                    block_on(writer.ready_async(1)).unwrap();
                    assert!(writer.try_publish(event).is_ok());
                }
            }
        }
        drop(writer);
        join(reading).ends_at(total);
        join(cancelling).ends_at(total);
    });
}

#[test]
fn a_cancelled_task_commits_its_batch_unless_it_wraps_it_in_manually_drop() {
    async fn take_one(reader: &mut Reader<u64>) {
        let batch = reader.batch_async().await.unwrap();
        let mut batch = ManuallyDrop::new(batch);
        let (first, _) = batch.first().unwrap();
        batch.commit_through(first);
        pending::<()>().await;
    }
    async fn hold(reader: &mut Reader<u64>) {
        let _batch = reader.batch_async().await.unwrap();
        pending::<()>().await;
    }
    let (mut writer, mut reader, _ring) = ring_of(4);
    (0..3).for_each(|_| publish_at_once(&mut writer));
    assert!(poll(&mut Box::pin(take_one(&mut reader)), Waker::noop()).is_pending());
    assert_eq!(expect_ready(reader.recv_async()), Ok(event(1)));
    assert!(poll(&mut Box::pin(hold(&mut reader)), Waker::noop()).is_pending());
    assert_eq!((reader.position().get(), reader.lag()), (3, 0));
}

#[test]
fn the_event_of_a_cancelled_publication_is_returned_or_dropped_and_never_published() {
    let (mut writer, ring) = Ring::builder(1).build(|| None);
    let mut reader = ring.subscribe().unwrap();
    let precious = Arc::new(());
    assert!(expect_ready(writer.publish_async(None)).is_ok());

    let mut publishing = writer.publish_async(Some(Arc::clone(&precious)));
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    assert!(publishing.into_inner().flatten().is_some(), "the event is returned");
    assert_eq!(
        writer.publish_async(None).into_inner(),
        Some(None),
        "returned before the first poll too"
    );

    let mut publishing = writer.publish_async(Some(Arc::clone(&precious)));
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    reader.recv().unwrap();
    assert_eq!(Arc::strong_count(&precious), 2);
    drop(publishing);
    assert_eq!(Arc::strong_count(&precious), 1, "dropped with the future");
    assert_eq!((writer.cursor().get(), reader.lag()), (1, 0));
}

#[test]
fn recv_async_does_not_consume_an_event_whose_clone_panics() {
    struct Fragile(AtomicBool);
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert!(self.0.swap(true, Ordering::SeqCst), "on purpose");
            Self(AtomicBool::new(true))
        }
    }
    let (mut writer, ring) = Ring::builder(2).build(|| Fragile(AtomicBool::new(true)));
    let mut reader = ring.subscribe().unwrap();
    writer.publish(Fragile(AtomicBool::new(false)));
    let receiving = AssertUnwindSafe(|| expect_ready(reader.recv_async()).map(drop));
    assert!(panic::catch_unwind(receiving).is_err());
    assert_eq!(reader.position().get(), 0);
    assert!(expect_ready(reader.recv_async()).is_ok());
}
