//! A future is ready at once where it can be, registers one waker where it must wait, and is
//! woken when there is something to do.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Ring, Sequence, TryClaimError};
use futures::executor::block_on;
use futures::future::FusedFuture;

use crate::common::{event, finite, join, publish_at_once, publish_next, ring_of};
use crate::rig::{Task, expect_ready, poll};

#[test]
fn a_future_whose_result_is_available_is_ready_at_the_first_poll() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    let task = Task::new();
    assert_eq!(expect_ready(writer.publish_async(event(0))), Ok(Sequence::new(0)));
    assert_eq!(expect_ready(writer.ready_async(3)), Ok(()));
    let mut claim = expect_ready(writer.claim_async(2)).unwrap();
    (claim[0], claim[1]) = (event(1), event(2));
    claim.publish();
    assert_eq!(task.poll(&mut reader.recv_async()), Poll::Ready(Ok(event(0))));
    assert_eq!(expect_ready(reader.batch_async()).unwrap().len(), 2);
    assert_eq!(reader.position().get(), 3);
    assert_eq!(task.wakers(), 0, "no waker was registered");
}

#[test]
fn a_waiting_future_registers_one_waker_that_is_woken_once() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    let task = Task::new();
    let mut receiving = reader.recv_async();
    task.expect_pending(&mut receiving);
    assert_eq!((task.wakers(), task.wakes()), (1, 0));
    publish_next(&mut writer);
    assert_eq!((task.wakers(), task.wakes()), (0, 1), "the waker is used up");
    assert_eq!(task.poll(&mut receiving), Poll::Ready(Ok(event(0))));
    assert!(receiving.is_terminated());
    drop(receiving);

    publish_next(&mut writer);
    let mut publishing = writer.publish_async(event(2));
    task.expect_pending(&mut publishing);
    assert_eq!((task.wakers(), task.wakes()), (1, 1));
    assert_eq!(reader.recv(), Ok(event(1)));
    assert_eq!((task.wakers(), task.wakes()), (0, 2));
    assert_eq!(task.poll(&mut publishing), Poll::Ready(Ok(Sequence::new(2))));
    assert!(publishing.is_terminated());
    assert_eq!(publishing.into_inner(), None);
    assert_eq!((task.wakers(), task.wakes()), (0, 2));
}

#[test]
fn an_editing_task_is_woken_once_when_the_stage_before_it_passes_events_on() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(4).build_with_editors(["first", "second"], || 0);
    let (one, two) = (Task::new(), Task::new());
    let (mut editing, mut following) = (first.batch_async(), second.batch_async());
    (0..3).for_each(|_| one.expect_pending(&mut editing));
    two.expect_pending(&mut following);
    assert_eq!((one.wakers(), two.wakers()), (1, 1));
    publish_at_once(&mut writer);
    assert_eq!((one.wakers(), one.wakes(), two.wakes()), (0, 1, 0));
    let Poll::Ready(Ok(batch)) = one.poll(&mut editing) else { panic!("not ready") };
    assert_eq!((batch.len(), two.wakes()), (1, 0), "nothing is passed on while the batch is held");
    drop(batch);
    assert!(editing.is_terminated());
    assert_eq!((two.wakers(), two.wakes()), (0, 1));
    assert!(two.poll(&mut following).is_ready());
    assert_eq!((one.wakes(), ring.cursor().get()), (1, 1));
    let parks: Vec<_> = ring.stats().members.iter().map(|member| member.parks).collect();
    assert_eq!(parks, [1, 1], "a waiting task counts as one park, however often it is polled");
}

#[test]
fn an_observing_task_is_woken_once_when_an_event_may_be_read() {
    let (mut writer, [mut editor], ring) = Ring::builder(4).build_with_editors(["editor"], || 0);
    let mut observer = ring.observe().unwrap();
    let task = Task::new();
    let mut looking = observer.look_async();
    (0..3).for_each(|_| task.expect_pending(&mut looking));
    assert_eq!((task.wakers(), task.wakes()), (1, 0));
    publish_at_once(&mut writer);
    assert_eq!(task.wakes(), 0, "the editor has passed nothing on yet");
    drop(editor.try_batch().unwrap());
    assert_eq!((task.wakers(), task.wakes()), (0, 1));
    let Poll::Ready(Ok(glimpse)) = task.poll(&mut looking) else { panic!("not ready") };
    assert_eq!((glimpse.missed(), glimpse.len()), (0, 1));
    assert!(looking.is_terminated());
    drop(glimpse);
    assert_eq!(ring.stats().members[1].parks, 1);
}

#[test]
fn an_observing_task_holds_the_writer_back_only_while_it_has_a_glimpse() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0);
    let mut observer = ring.observe().unwrap();
    let task = Task::new();
    task.expect_pending(&mut observer.look_async());
    let mut looking = observer.look_async();
    task.expect_pending(&mut looking);
    (0..10).for_each(|_| publish_at_once(&mut writer));
    let Poll::Ready(Ok(glimpse)) = task.poll(&mut looking) else { panic!("not ready") };
    assert_eq!(glimpse.missed() + glimpse.len() as u64, 10);
    let mut publishing = writer.ready_async(4);
    task.expect_pending(&mut publishing);
    let woken = task.wakes();
    drop(glimpse);
    assert_eq!(task.wakes(), woken + 1);
    assert_eq!(task.poll(&mut publishing), Poll::Ready(Ok(())));
}

#[test]
fn only_the_latest_waker_of_a_future_is_woken() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    let (first, second) = (Task::new(), Task::new());
    let mut receiving = reader.recv_async();
    first.expect_pending(&mut receiving);
    second.expect_pending(&mut receiving);
    assert_eq!((first.wakers(), second.wakers()), (0, 1));
    publish_next(&mut writer);
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

#[test]
fn a_writer_task_is_not_woken_when_the_reader_it_waits_for_frees_too_few_slots() {
    let (mut writer, mut reader, ring) = ring_of(4);
    let mut slow = ring.subscribe().unwrap();
    let task = Task::new();
    (0..4).for_each(|_| publish_at_once(&mut writer));

    let mut waiting = writer.ready_async(2);
    task.expect_pending(&mut waiting);
    assert_eq!(slow.recv(), Ok(event(0)));
    assert_eq!(task.wakes(), 0, "one slot is not enough");
    drop(reader.try_batch().unwrap());
    assert_eq!(
        task.wakes(),
        1,
        "the writer must look again, though the slow reader still holds it back"
    );
    task.expect_pending(&mut waiting);
    assert_eq!(slow.recv(), Ok(event(1)));
    assert_eq!(task.wakes(), 2);
    assert_eq!(task.poll(&mut waiting), Poll::Ready(Ok(())));
}

#[test]
fn room_granted_by_ready_async_stays_even_when_a_reader_joins() {
    let (mut writer, mut reader, ring) = ring_of(8);
    (0..6).for_each(|_| publish_at_once(&mut writer));
    assert_eq!(poll(&mut writer.ready_async(3), Waker::noop()), Poll::Pending);
    assert_eq!(reader.try_batch().unwrap().len(), 6);
    assert_eq!(expect_ready(writer.ready_async(8)), Ok(()));
    // A reader that joins at the oldest event does not take that room away.
    let mut late = ring.reader().from_oldest().subscribe().unwrap();
    assert_eq!(expect_ready(writer.ready_async(8)), Ok(()));
    (0..8).for_each(|_| publish_at_once(&mut writer));
    assert!(writer.try_publish(0).is_err());
    let seen = late.try_batch().unwrap();
    assert!(seen.iter().all(|(sequence, &seen)| seen == event(sequence.get())));
}

#[test]
fn a_request_for_more_slots_than_the_ring_has_is_refused_at_once() {
    let (mut writer, _reader, _ring) = ring_of(4);
    let refused = expect_ready(writer.ready_async(5)).unwrap_err();
    assert!(matches!(refused, TryClaimError::TooLarge(error) if error.requested() == 5));
    assert!(expect_ready(writer.claim_async(usize::MAX)).unwrap_err().is_too_large());
    assert_eq!(expect_ready(writer.ready_async(0)), Ok(()));
    (0..4).for_each(|_| publish_at_once(&mut writer));
    assert_eq!(expect_ready(writer.ready_async(0)), Ok(()));
    assert!(expect_ready(writer.claim_async(0)).unwrap().is_empty());
}

#[test]
fn a_writer_task_never_waits_on_a_ring_without_readers() {
    let (mut writer, _ring) = Ring::builder(2).build(|| 0);
    for number in 0..100 {
        assert!(expect_ready(writer.publish_async(number)).is_ok());
    }
}

#[cfg(not(miri))]
#[test]
fn a_waiting_task_is_polled_only_when_there_is_something_to_do() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(2);
        let polls = RefCell::new(0);
        let waiting = thread::spawn(move || {
            let mut receiving = reader.recv_async();
            let polls = &polls;
            block_on(std::future::poll_fn(|cx| {
                *polls.borrow_mut() += 1;
                Pin::new(&mut receiving).poll(cx)
            }))
            .unwrap();
            polls.take()
        });
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(50) {
            thread::yield_now();
        }
        publish_next(&mut writer);
        assert!((1..=2).contains(&join(waiting)), "polled when it is spawned and when it is woken");
    });
}

#[test]
fn a_waiting_task_counts_as_one_park_however_often_it_is_polled() {
    let (mut writer, mut reader, ring) = ring_of(1);
    let task = Task::new();
    let mut receiving = reader.recv_async();
    (0..3).for_each(|_| task.expect_pending(&mut receiving));
    assert_eq!(ring.stats().members[0].parks, 1);
    publish_next(&mut writer);
    assert_eq!(ring.stats().reader_wakes, 1);
    let mut publishing = writer.publish_async(event(1));
    (0..3).for_each(|_| task.expect_pending(&mut publishing));
    assert_eq!(ring.stats().writer.parks, 1);
}
