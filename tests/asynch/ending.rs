//! A waiting task is woken, and told the reason, when the ring closes, an upstream reader or
//! an editor leaves, or its reader is evicted.

use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use broadring::asynch::SinkError;
use broadring::{End, Ring, Sequence, TryClaimError};
use futures::stream::FusedStream;
use futures::{SinkExt, StreamExt};

use crate::common::{event, finite, publish_at_once, publish_next, ring_of};
use crate::rig::{Task, expect_ready, poll};

#[test]
fn closing_the_ring_wakes_every_waiting_task_with_the_reason() {
    let (mut writer, mut reader, ring) = ring_of(4);
    let mut other = ring.subscribe().unwrap().into_stream();
    let task = Task::new();
    publish_next(&mut writer);
    reader.recv().unwrap();
    assert_eq!(expect_ready(other.next()), Some(event(0)));

    let mut receiving = reader.recv_async();
    task.expect_pending(&mut receiving);
    task.expect_pending(&mut other.next());
    assert_eq!((other.end(), other.is_terminated()), (None, false));
    drop(writer);
    assert_eq!((task.wakes(), task.wakers()), (2, 0));
    assert_eq!(task.poll(&mut receiving), Poll::Ready(Err(End::Closed)));
    drop(receiving);
    assert_eq!(expect_ready(other.next()), None);
    assert_eq!((other.end(), other.is_terminated()), (Some(&End::Closed), true));
    assert_eq!(expect_ready(other.next()), None, "again");
    assert_eq!(expect_ready(reader.batch_async()).map(drop), Err(End::Closed));
}

#[test]
fn a_dependent_task_is_woken_when_an_upstream_reader_commits_or_leaves() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    let mut second = ring.reader().name("second").subscribe().unwrap();
    let after = ring.reader().after(&first).unwrap().after(&second).unwrap();
    let mut last = after.subscribe().unwrap();
    let task = Task::new();

    let mut receiving = last.recv_async();
    task.expect_pending(&mut receiving);
    publish_next(&mut writer);
    task.expect_pending(&mut receiving);
    assert_eq!(first.recv(), Ok(event(0)));
    task.expect_pending(&mut receiving); // waits for the second reader now
    let woken = task.wakes();
    assert_eq!(task.wakers(), 1);
    assert_eq!(second.recv(), Ok(event(0)));
    assert_eq!(task.wakes(), woken + 1);
    assert_eq!(task.poll(&mut receiving), Poll::Ready(Ok(event(0))));
    drop(receiving);

    // Cancelling leaves no waker behind at the upstream readers.
    task.expect_pending(&mut last.recv_async());
    assert_eq!(task.wakers(), 0);

    publish_next(&mut writer);
    assert_eq!(first.recv(), Ok(event(1)));
    let mut rest = last.stream();
    task.expect_pending(&mut rest.next());
    let woken = task.wakes();
    drop(second);
    assert_eq!(task.wakes(), woken + 1);
    assert_eq!(expect_ready(rest.next()), None);
    let Some(End::UpstreamLeft(left)) = rest.end() else { panic!("{:?}", rest.end()) };
    assert_eq!((left.member().name(), left.position().get()), (Some("second"), 1));
}

#[test]
fn closing_the_ring_wakes_editing_and_observing_tasks_with_the_reason() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(4).build_with_editors(["first", "second"], || 0);
    let mut observer = ring.observe().unwrap();
    let task = Task::new();
    publish_at_once(&mut writer);
    drop(first.try_batch().unwrap());
    {
        let (mut one, mut two) = (first.batch_async(), second.batch_async());
        task.expect_pending(&mut one);
        let Poll::Ready(Ok(batch)) = task.poll(&mut two) else { panic!("not ready") };
        let mut looking = observer.look_async();
        task.expect_pending(&mut looking);
        drop(writer);
        assert_eq!((task.wakes(), task.wakers()), (2, 0));
        assert_eq!(task.poll(&mut one).map_ok(drop), Poll::Ready(Err(End::Closed)));
        // The observer sees what the second editor has still to pass on.
        task.expect_pending(&mut looking);
        drop(batch);
        assert_eq!(task.wakes(), 3);
        assert_eq!(task.poll(&mut looking).map_ok(|seen| seen.len()), Poll::Ready(Ok(1)));
    }
    assert_eq!(expect_ready(second.batch_async()).map(drop), Err(End::Closed));
    for _ in 0..2 {
        assert_eq!(expect_ready(observer.look_async()).map(drop), Err(End::Closed));
    }
}

#[test]
fn an_editor_that_leaves_ends_the_tasks_of_the_editors_and_observers_behind_it() {
    let (mut writer, [first, mut second], ring) =
        Ring::builder(4).build_with_editors(["first", "second"], || 0);
    let mut observer = ring.observe().unwrap();
    let task = Task::new();
    publish_at_once(&mut writer);
    let (mut editing, mut looking) = (second.batch_async(), observer.look_async());
    task.expect_pending(&mut editing);
    task.expect_pending(&mut looking);
    drop(first);
    assert_eq!(task.wakes(), 1, "the second editor is woken first");
    let Poll::Ready(Err(End::UpstreamLeft(left))) = task.poll(&mut editing) else {
        panic!("not ended");
    };
    assert_eq!((left.member().name(), left.position().get()), (Some("first"), 0));
    assert_eq!(task.wakes(), 2, "and passes the news on");
    let Poll::Ready(Err(end)) = task.poll(&mut looking) else { panic!("not ended") };
    assert!(end.is_upstream_left());
    assert_eq!(task.wakers(), 0);
}

#[test]
fn an_editor_wakes_tasks_when_it_passes_events_on_and_when_it_leaves() {
    let (mut writer, [mut editor], ring) = Ring::builder(2).build_with_editors(["editor"], || 0);
    let mut reader = ring.subscribe().unwrap();
    let (reading, writing) = (Task::new(), Task::new());

    let mut receiving = reader.recv_async();
    reading.expect_pending(&mut receiving);
    (0..2).for_each(|_| publish_at_once(&mut writer));
    reading.expect_pending(&mut receiving);
    assert_eq!(reading.wakes(), 0, "the editor has passed nothing on yet");
    let mut publishing = writer.publish_async(7);
    writing.expect_pending(&mut publishing);
    editor.try_batch_up_to(1).unwrap().iter_mut().for_each(|(_, event)| *event = 5);
    assert_eq!((reading.wakes(), writing.wakes() > 0), (1, true));
    assert_eq!(reading.poll(&mut receiving), Poll::Ready(Ok(5)));
    drop(receiving);
    assert_eq!(expect_ready(publishing), Ok(Sequence::new(2)));

    let mut publishing = writer.publish_async(8);
    writing.expect_pending(&mut publishing);
    let mut stream = reader.stream();
    reading.expect_pending(&mut stream.next());
    let (read, written) = (reading.wakes(), writing.wakes());
    drop(editor);
    assert_eq!((reading.wakes(), writing.wakes()), (read + 1, written + 1));
    let Poll::Ready(Err(refused)) = writing.poll(&mut publishing) else { panic!("not refused") };
    assert_eq!(refused.editor_left().and_then(|editor| editor.name()), Some("editor"));
    assert_eq!(refused.into_inner(), 8);
    drop(publishing);
    assert_eq!(expect_ready(stream.next()), None);
    assert!(stream.end().is_some_and(End::is_upstream_left));

    let left = expect_ready(writer.ready_async(1)).unwrap_err();
    assert!(matches!(&left, TryClaimError::EditorLeft(editor) if editor.name() == Some("editor")));
    assert_eq!(expect_ready(writer.claim_async(1)).map(drop), Err(left));
    let SinkError::EditorLeft(editor) = expect_ready(writer.sink().send(9)).unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(editor.name(), Some("editor"));
}

#[test]
fn an_evicted_task_is_woken_with_the_reason_and_its_reader_can_rejoin() {
    finite(|| {
        let patience = Duration::from_millis(1);
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let evictable = || ring.reader().evict_after(patience);
        let mut first = evictable().subscribe().unwrap();
        let mut last = evictable().after(&first).unwrap().subscribe().unwrap();
        let task = Task::new();

        let mut receiving = last.recv_async();
        (0..2).for_each(|_| publish_at_once(&mut writer));
        task.expect_pending(&mut receiving); // waits for the first reader, which reads nothing
        publish_next(&mut writer); // evicts both
        assert_eq!(task.wakes(), 1, "a task that is evicted while it waits is woken");
        let Poll::Ready(Err(End::Evicted(evicted))) = task.poll(&mut receiving) else {
            panic!("not evicted");
        };
        assert_eq!(evicted.position().get(), 0);
        drop(receiving);

        let mut stream = first.stream();
        assert_eq!(expect_ready(stream.next()), None);
        assert!(stream.end().is_some_and(End::is_evicted));
        drop(stream);
        assert_eq!(first.rejoin(), Ok(3));
        task.expect_pending(&mut first.recv_async());
        publish_next(&mut writer);
        assert_eq!(expect_ready(first.recv_async()), Ok(event(3)));
    });
}

#[test]
fn a_reader_is_not_evicted_while_its_task_holds_a_batch() {
    let patience = Duration::from_millis(1);
    let (mut writer, ring) = Ring::builder(1).build(|| 0);
    let mut reader = ring.reader().evict_after(patience).subscribe().unwrap();
    publish_next(&mut writer);
    let batch = expect_ready(reader.batch_async()).unwrap();
    let mut publishing = writer.publish_async(event(1));
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    thread::sleep(2 * patience);
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    assert_eq!(batch[0], event(0));
    drop(batch);
    assert_eq!(expect_ready(publishing), Ok(Sequence::new(1)));
}

#[test]
fn a_writer_task_evicts_only_when_it_is_polled() {
    let patience = Duration::from_millis(1);
    let (mut writer, ring) = Ring::builder(1).build(|| 0);
    let mut reader = ring.reader().evict_after(patience).subscribe().unwrap();
    publish_next(&mut writer);
    let task = Task::new();
    let mut publishing = writer.publish_async(event(1));
    task.expect_pending(&mut publishing);
    thread::sleep(2 * patience);
    assert_eq!(task.wakes(), 0, "no timer wakes the writer");
    assert_eq!(expect_ready(publishing), Ok(Sequence::new(1)));
    assert!(expect_ready(reader.recv_async()).is_err_and(|end| end.is_evicted()));
}
