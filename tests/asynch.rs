//! Tasks wait for what threads wait for, beside them, on the same ring; and whatever is
//! cancelled loses nothing and leaves nothing behind.

mod common;

use std::cell::RefCell;
use std::fmt::Debug;
use std::future::{Future, pending};
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use std::{iter, mem};

use broadring::asynch::{
    BatchFuture, ClaimFuture, EventSink, EventStream, PublishFuture, ReadyFuture, RecvFuture,
    SinkError,
};
use broadring::{End, Reader, Ring, Sequence, TryClaimError, Wait, Writer};
use common::{Tally, count, drain, event, finite, join, publish_at_once, publish_next, ring_of};
use futures::executor::block_on;
use futures::future::{Either, FusedFuture, select};
use futures::stream::FusedStream;
use futures::{Sink, SinkExt, Stream, StreamExt, stream};

/// Counts how many times it was woken, and who still could wake it.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Bell {
    fn rung(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Polls with a waker that rings this bell.
    fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        poll(future, &Waker::from(Arc::clone(self)))
    }

    /// Polls a future that must have to wait.
    #[track_caller]
    fn waits<F: Future<Output: Debug> + Unpin>(self: &Arc<Self>, future: &mut F) {
        let polled = self.poll(future);
        assert!(polled.is_pending(), "did not have to wait: {polled:?}");
    }

    /// How many wakers somebody keeps.
    fn wakers(self: &Arc<Self>) -> usize {
        Arc::strong_count(self) - 1
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// A future that must be ready at the first poll.
#[track_caller]
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("had to wait"),
    }
}

/// How a task reads all there is, and how another publishes it.
async fn drain_one_by_one(mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    while let Ok(event) = reader.recv_async().await {
        tally.take(event);
    }
    tally
}

async fn drain_in_batches(mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    while let Ok(batch) = reader.batch_async().await {
        for (sequence, &event) in &batch {
            tally.take_at(sequence, event);
        }
    }
    tally
}

async fn drain_as_stream(reader: Reader<u64>) -> Tally {
    let tally = Tally::at(reader.position());
    let taking = async |mut tally: Tally, event| {
        tally.take(event);
        tally
    };
    reader.into_stream().fold(tally, taking).await
}

async fn publish_one_by_one(mut writer: Writer<u64>, total: u64) {
    for sequence in 0..total {
        assert_eq!(writer.publish_async(event(sequence)).await, Ok(Sequence::new(sequence)));
    }
}

async fn publish_when_ready(mut writer: Writer<u64>, total: u64) {
    let step = writer.capacity() as u64;
    for start in (0..total).step_by(step as usize) {
        let len = step.min(total - start);
        writer.ready_async(len as usize).await.unwrap();
        (0..len).for_each(|_| publish_at_once(&mut writer));
    }
}

async fn publish_claims(mut writer: Writer<u64>, total: u64) {
    let longest = writer.capacity() as u64;
    let mut next = 0;
    while next < total {
        let len = (1 + next % longest).min(total - next);
        let mut claim = writer.claim_async(len as usize).await.unwrap();
        claim.iter_mut().zip(next..).for_each(|(slot, sequence)| *slot = event(sequence));
        next = claim.publish().end.get();
    }
}

async fn publish_through_a_sink(writer: Writer<u64>, total: u64) {
    let events = stream::iter((0..total).map(|sequence| Ok(event(sequence))));
    events.forward(writer.into_sink()).await.unwrap();
}

#[test]
fn threads_and_tasks_get_every_event_of_a_thread_or_a_task() {
    finite(|| {
        let total = count(3_000);
        for capacity in [1, 2, 8, 64] {
            for how in 0..5 {
                let (writer, ring) = Ring::builder(capacity).build(|| 0);
                let subscribe = || ring.subscribe().unwrap();
                let park_at_once = ring.reader().wait(Wait::PARK.spins(0).yields(0));
                let in_threads = [subscribe(), park_at_once.subscribe().unwrap()]
                    .map(|reader| thread::spawn(|| drain(reader)));
                let (alone, one, two, three) = (subscribe(), subscribe(), subscribe(), subscribe());
                let in_a_task = thread::spawn(|| block_on(drain_one_by_one(alone)));
                let in_tasks = thread::spawn(|| {
                    block_on(async {
                        futures::join!(
                            drain_one_by_one(one),
                            drain_in_batches(two),
                            drain_as_stream(three)
                        )
                    })
                });
                match how {
                    0 => {
                        let mut writer = writer;
                        for _ in 0..total {
                            publish_next(&mut writer);
                        }
                    }
                    1 => block_on(publish_one_by_one(writer, total)),
                    2 => block_on(publish_when_ready(writer, total)),
                    3 => block_on(publish_claims(writer, total)),
                    _ => block_on(publish_through_a_sink(writer, total)),
                }
                for tally in in_threads.map(join) {
                    tally.ends_at(total);
                }
                join(in_a_task).ends_at(total);
                let (one, two, three) = join(in_tasks);
                for tally in [one, two, three] {
                    tally.ends_at(total);
                }
            }
        }
    });
}

#[test]
fn tasks_of_one_thread_wait_for_each_other() {
    let total = count(2_000);
    let (writer, reader, ring) = ring_of(1);
    let other = ring.subscribe().unwrap();
    let (one, two, ()) = block_on(async {
        let publishing = publish_one_by_one(writer, total);
        futures::join!(drain_one_by_one(reader), drain_in_batches(other), publishing)
    });
    one.ends_at(total);
    two.ends_at(total);
}

#[test]
fn one_handle_may_wait_in_a_thread_and_in_a_task_by_turns() {
    finite(|| {
        let total = count(500);
        let (mut writer, mut reader, _ring) = ring_of(1);
        let reading = thread::spawn(move || {
            let mut tally = Tally::at(reader.position());
            for turn in 0..total {
                tally.take(match turn % 2 {
                    0 => reader.recv().unwrap(),
                    _ => block_on(reader.recv_async()).unwrap(),
                });
            }
            tally
        });
        for turn in 0..total {
            let published = match turn % 2 {
                0 => block_on(writer.publish_async(event(turn))).unwrap(),
                _ => publish_next(&mut writer),
            };
            assert_eq!(published.get(), turn);
        }
        join(reading).ends_at(total);
    });
}

#[test]
fn what_is_there_is_had_without_waiting() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    let bell = Arc::new(Bell::default());
    assert_eq!(at_once(writer.publish_async(event(0))), Ok(Sequence::new(0)));
    assert_eq!(at_once(writer.ready_async(3)), Ok(()));
    let mut claim = at_once(writer.claim_async(2)).unwrap();
    (claim[0], claim[1]) = (event(1), event(2));
    claim.publish();
    assert_eq!(bell.poll(&mut reader.recv_async()), Poll::Ready(Ok(event(0))));
    assert_eq!(at_once(reader.batch_async()).unwrap().len(), 2);
    assert_eq!(reader.position().get(), 3);
    assert_eq!(bell.wakers(), 0, "nothing was waited for");
}

#[test]
fn a_poll_that_finds_something_takes_its_waker_back() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    let bell = Arc::new(Bell::default());
    let mut receiving = reader.recv_async();
    bell.waits(&mut receiving);
    assert_eq!((bell.wakers(), bell.rung()), (1, 0));
    publish_next(&mut writer);
    assert_eq!((bell.wakers(), bell.rung()), (0, 1), "the waker is used up");
    assert_eq!(bell.poll(&mut receiving), Poll::Ready(Ok(event(0))));
    assert!(receiving.is_terminated());
    drop(receiving);

    publish_next(&mut writer);
    let mut publishing = writer.publish_async(event(2));
    bell.waits(&mut publishing);
    assert_eq!((bell.wakers(), bell.rung()), (1, 1));
    assert_eq!(reader.recv(), Ok(event(1)));
    assert_eq!((bell.wakers(), bell.rung()), (0, 2));
    assert_eq!(bell.poll(&mut publishing), Poll::Ready(Ok(Sequence::new(2))));
    assert!(publishing.is_terminated());
    assert_eq!(publishing.into_inner(), None);
    assert_eq!((bell.wakers(), bell.rung()), (0, 2));
}

#[test]
fn a_task_is_woken_by_nothing_less_than_it_waits_for() {
    let (mut writer, mut reader, ring) = ring_of(4);
    let mut slow = ring.subscribe().unwrap();
    let bell = Arc::new(Bell::default());
    (0..4).for_each(|_| publish_at_once(&mut writer));

    let mut waiting = writer.ready_async(2);
    bell.waits(&mut waiting);
    assert_eq!(slow.recv(), Ok(event(0)));
    assert_eq!(bell.rung(), 0, "one is not enough");
    reader.try_batch().unwrap();
    assert_eq!(bell.rung(), 1, "the other reader may still be too slow, as it is");
    bell.waits(&mut waiting);
    assert_eq!(slow.recv(), Ok(event(1)));
    assert_eq!(bell.rung(), 2);
    assert_eq!(bell.poll(&mut waiting), Poll::Ready(Ok(())));
}

#[test]
fn dropping_a_future_reads_and_publishes_nothing_and_drops_its_waker() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    let bell = Arc::new(Bell::default());
    for _ in 0..count(1_000) {
        bell.waits(&mut reader.recv_async());
        bell.waits(&mut reader.batch_async());
        assert_eq!(bell.wakers(), 0);
    }
    publish_next(&mut writer);
    publish_next(&mut writer);
    for _ in 0..count(1_000) {
        bell.waits(&mut writer.publish_async(event(7)));
        bell.waits(&mut writer.ready_async(1));
        bell.waits(&mut writer.claim_async(2));
        assert_eq!(bell.wakers(), 0);
    }
    assert_eq!(bell.rung(), 0, "nobody was there to be woken");
    assert_eq!(writer.cursor().get(), 2);
    assert_eq!(at_once(reader.recv_async()), Ok(event(0)));
    assert_eq!(at_once(reader.recv_async()), Ok(event(1)));
    drop(reader.recv_async());
    drop(writer.publish_async(event(7)));
    assert_eq!((reader.position().get(), writer.cursor().get()), (2, 2));
}

#[test]
fn a_handle_leaves_at_most_one_waker_behind_whatever_is_forgotten() {
    let (mut writer, mut reader, ring) = ring_of(1);
    let mut other = ring.subscribe().unwrap();
    let bell = Arc::new(Bell::default());
    for _ in 0..100 {
        let mut receiving = reader.recv_async();
        bell.waits(&mut receiving);
        mem::forget(receiving);
        let mut borrowing = other.batch_async();
        bell.waits(&mut borrowing);
        mem::forget(borrowing);
        assert!(bell.wakers() <= 2, "{} wakers of two handles", bell.wakers());
    }
    publish_next(&mut writer);
    assert_eq!((bell.wakers(), bell.rung()), (0, 2));

    for _ in 0..100 {
        let mut publishing = writer.publish_async(event(1));
        bell.waits(&mut publishing);
        mem::forget(publishing);
        assert_eq!(bell.wakers(), 1);
    }
    assert_eq!(reader.recv(), Ok(event(0)));
    assert_eq!(other.recv(), Ok(event(0)));
    assert_eq!(bell.wakers(), 0);
    // What was forgotten does no harm to the next.
    assert_eq!(at_once(writer.publish_async(event(1))), Ok(Sequence::new(1)));
    assert_eq!(at_once(reader.recv_async()), Ok(event(1)));
}

#[test]
fn streams_and_sinks_take_their_wakers_along() {
    let (mut writer, mut reader, ring) = ring_of(1);
    let bell = Arc::new(Bell::default());
    let mut stream = reader.stream();
    for _ in 0..100 {
        bell.waits(&mut stream.next());
    }
    assert_eq!(bell.wakers(), 1, "the stream goes on waiting for the next");
    drop(stream);
    assert_eq!(bell.wakers(), 0);

    publish_next(&mut writer);
    let mut sink = writer.sink();
    for _ in 0..100 {
        bell.waits(&mut sink.feed(event(1)));
    }
    assert_eq!(bell.wakers(), 1);
    drop(sink);
    assert_eq!(bell.wakers(), 0);

    let mut stream = ring.subscribe().unwrap().into_stream();
    bell.waits(&mut stream.next());
    drop(stream);
    let mut sink = writer.into_sink();
    bell.waits(&mut sink.feed(event(1)));
    assert_eq!(block_on(sink.close()), Ok(()));
    assert_eq!(bell.wakers(), 0);
}

#[test]
fn only_the_latest_waker_of_a_future_is_woken() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    let [first, second] = [(); 2].map(|()| Arc::new(Bell::default()));
    let mut receiving = reader.recv_async();
    first.waits(&mut receiving);
    second.waits(&mut receiving);
    assert_eq!((first.wakers(), second.wakers()), (0, 1));
    publish_next(&mut writer);
    assert_eq!((first.rung(), second.rung()), (0, 1));
}

#[test]
fn a_cancelled_wait_wakes_nobody_wrongly_and_keeps_nobody_asleep() {
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
                // Given up at once, over and over, and then waited for.
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
fn a_cancelled_task_commits_the_batch_that_it_holds_unless_it_says_otherwise() {
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
    assert_eq!(at_once(reader.recv_async()), Ok(event(1)));
    assert!(poll(&mut Box::pin(hold(&mut reader)), Waker::noop()).is_pending());
    assert_eq!((reader.position().get(), reader.lag()), (3, 0));
}

#[test]
fn an_event_comes_back_or_is_dropped_but_is_never_published_late() {
    let (mut writer, ring) = Ring::builder(1).build(|| None);
    let mut reader = ring.subscribe().unwrap();
    let precious = Arc::new(());
    assert!(at_once(writer.publish_async(None)).is_ok());

    let mut publishing = writer.publish_async(Some(Arc::clone(&precious)));
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    assert!(publishing.into_inner().flatten().is_some(), "taken back");
    assert_eq!(writer.publish_async(None).into_inner(), Some(None), "before the first poll too");

    let mut publishing = writer.publish_async(Some(Arc::clone(&precious)));
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    reader.recv().unwrap();
    assert_eq!(Arc::strong_count(&precious), 2);
    drop(publishing);
    assert_eq!(Arc::strong_count(&precious), 1, "dropped with the future");
    assert_eq!((writer.cursor().get(), reader.lag()), (1, 0));
}

#[test]
fn room_that_was_waited_for_stays() {
    let (mut writer, mut reader, ring) = ring_of(8);
    (0..6).for_each(|_| publish_at_once(&mut writer));
    assert_eq!(poll(&mut writer.ready_async(3), Waker::noop()), Poll::Pending);
    assert_eq!(reader.try_batch().unwrap().len(), 6);
    assert_eq!(at_once(writer.ready_async(8)), Ok(()));
    // A reader that joins far back takes nothing from it.
    let mut late = ring.reader().from_oldest().subscribe().unwrap();
    assert_eq!(at_once(writer.ready_async(8)), Ok(()));
    (0..8).for_each(|_| publish_at_once(&mut writer));
    assert!(writer.try_publish(0).is_err());
    let seen = late.try_batch().unwrap();
    assert!(seen.iter().all(|(sequence, &seen)| seen == event(sequence.get())));
}

#[test]
fn more_room_than_there_can_be_is_refused_at_once() {
    let (mut writer, _reader, _ring) = ring_of(4);
    let refused = at_once(writer.ready_async(5)).unwrap_err();
    assert!(matches!(refused, TryClaimError::TooLarge(error) if error.requested() == 5));
    assert!(at_once(writer.claim_async(usize::MAX)).unwrap_err().is_too_large());
    assert_eq!(at_once(writer.ready_async(0)), Ok(()));
    (0..4).for_each(|_| publish_at_once(&mut writer));
    assert_eq!(at_once(writer.ready_async(0)), Ok(()));
    assert!(at_once(writer.claim_async(0)).unwrap().is_empty());
}

#[test]
fn without_readers_a_task_never_waits() {
    let (mut writer, _ring) = Ring::builder(2).build(|| 0);
    for number in 0..100 {
        assert!(at_once(writer.publish_async(number)).is_ok());
    }
}

#[test]
fn the_end_wakes_all_tasks_and_says_why() {
    let (mut writer, mut reader, ring) = ring_of(4);
    let mut other = ring.subscribe().unwrap().into_stream();
    let bell = Arc::new(Bell::default());
    publish_next(&mut writer);
    reader.recv().unwrap();
    assert_eq!(at_once(other.next()), Some(event(0)));

    let mut receiving = reader.recv_async();
    bell.waits(&mut receiving);
    bell.waits(&mut other.next());
    assert_eq!((other.end(), other.is_terminated()), (None, false));
    drop(writer);
    assert_eq!((bell.rung(), bell.wakers()), (2, 0));
    assert_eq!(bell.poll(&mut receiving), Poll::Ready(Err(End::Closed)));
    drop(receiving);
    assert_eq!(at_once(other.next()), None);
    assert_eq!((other.end(), other.is_terminated()), (Some(&End::Closed), true));
    assert_eq!(at_once(other.next()), None, "again");
    assert_eq!(at_once(reader.batch_async()).map(drop), Err(End::Closed));
}

#[test]
fn a_task_is_woken_by_those_that_it_comes_after_and_told_when_they_leave() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    let mut second = ring.reader().name("second").subscribe().unwrap();
    let after = ring.reader().after(&first).unwrap().after(&second).unwrap();
    let mut last = after.subscribe().unwrap();
    let bell = Arc::new(Bell::default());

    let mut receiving = last.recv_async();
    bell.waits(&mut receiving);
    publish_next(&mut writer);
    bell.waits(&mut receiving);
    assert_eq!(first.recv(), Ok(event(0)));
    bell.waits(&mut receiving); // behind the second now
    let woken = bell.rung();
    assert_eq!(bell.wakers(), 1);
    assert_eq!(second.recv(), Ok(event(0)));
    assert_eq!(bell.rung(), woken + 1);
    assert_eq!(bell.poll(&mut receiving), Poll::Ready(Ok(event(0))));
    drop(receiving);

    // Whatever it waits behind, cancelling leaves nothing there.
    bell.waits(&mut last.recv_async());
    assert_eq!(bell.wakers(), 0);

    publish_next(&mut writer);
    assert_eq!(first.recv(), Ok(event(1)));
    let mut rest = last.stream();
    bell.waits(&mut rest.next());
    let woken = bell.rung();
    drop(second);
    assert_eq!(bell.rung(), woken + 1);
    assert_eq!(at_once(rest.next()), None);
    let Some(End::UpstreamLeft(left)) = rest.end() else { panic!("{:?}", rest.end()) };
    assert_eq!((left.member().name(), left.position().get()), (Some("second"), 1));
}

#[test]
fn a_chain_of_tasks_hands_everything_on() {
    let total = count(1_000);
    let (writer, first, ring) = ring_of(2);
    let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    let third = ring.reader().after(&first).unwrap().after(&second).unwrap().subscribe().unwrap();
    let (one, two, three, ()) = block_on(async {
        let publishing = publish_one_by_one(writer, total);
        // In the wrong order, so that each has to wait.
        let (three, two, one) = (drain_as_stream(third), drain_one_by_one(second), async {
            // Those that come after it must get what there is before it leaves.
            let mut first = first;
            let mut tally = Tally::at(first.position());
            while let Ok(event) = first.recv_async().await {
                tally.take(event);
            }
            (tally, first)
        });
        let (three, two, (one, first), published) = futures::join!(three, two, one, publishing);
        drop(first);
        (one, two, three, published)
    });
    for tally in [one, two, three] {
        tally.ends_at(total);
    }
}

#[test]
fn a_reader_that_was_evicted_ends_and_can_come_back() {
    finite(|| {
        let patience = Duration::from_millis(1);
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let evictable = || ring.reader().evict_after(patience);
        let mut first = evictable().subscribe().unwrap();
        let mut last = evictable().after(&first).unwrap().subscribe().unwrap();
        let bell = Arc::new(Bell::default());

        let mut receiving = last.recv_async();
        (0..2).for_each(|_| publish_at_once(&mut writer));
        bell.waits(&mut receiving); // behind the first, which does nothing
        publish_next(&mut writer); // evicts both
        assert_eq!(bell.rung(), 1, "who was evicted in its sleep is told");
        let Poll::Ready(Err(End::Evicted(evicted))) = bell.poll(&mut receiving) else {
            panic!("not evicted");
        };
        assert_eq!(evicted.position().get(), 0);
        drop(receiving);

        let mut stream = first.stream();
        assert_eq!(at_once(stream.next()), None);
        assert!(stream.end().is_some_and(End::is_evicted));
        drop(stream);
        assert_eq!(first.rejoin(), Ok(3));
        bell.waits(&mut first.recv_async());
        publish_next(&mut writer);
        assert_eq!(at_once(first.recv_async()), Ok(event(3)));
    });
}

#[test]
fn what_a_task_borrows_is_not_evicted() {
    let patience = Duration::from_millis(1);
    let (mut writer, ring) = Ring::builder(1).build(|| 0);
    let mut reader = ring.reader().evict_after(patience).subscribe().unwrap();
    publish_next(&mut writer);
    let batch = at_once(reader.batch_async()).unwrap();
    let mut publishing = writer.publish_async(event(1));
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    thread::sleep(2 * patience);
    assert!(poll(&mut publishing, Waker::noop()).is_pending());
    assert_eq!(batch[0], event(0));
    drop(batch);
    assert_eq!(at_once(publishing), Ok(Sequence::new(1)));
}

#[test]
fn a_writer_evicts_when_it_is_polled_and_not_before() {
    let patience = Duration::from_millis(1);
    let (mut writer, ring) = Ring::builder(1).build(|| 0);
    let mut reader = ring.reader().evict_after(patience).subscribe().unwrap();
    publish_next(&mut writer);
    let bell = Arc::new(Bell::default());
    let mut publishing = writer.publish_async(event(1));
    bell.waits(&mut publishing);
    thread::sleep(2 * patience);
    assert_eq!(bell.rung(), 0, "nobody looks at the clock");
    assert_eq!(at_once(publishing), Ok(Sequence::new(1)));
    assert!(at_once(reader.recv_async()).is_err_and(|end| end.is_evicted()));
}

#[test]
fn tasks_are_woken_by_an_editor_and_told_when_it_has_left() {
    let (mut writer, [mut editor], ring) = Ring::builder(2).build_with_editors(["editor"], || 0);
    let mut reader = ring.subscribe().unwrap();
    let [reads, writes] = [(); 2].map(|()| Arc::new(Bell::default()));

    let mut receiving = reader.recv_async();
    reads.waits(&mut receiving);
    (0..2).for_each(|_| publish_at_once(&mut writer));
    reads.waits(&mut receiving);
    assert_eq!(reads.rung(), 0, "nothing is passed on yet");
    let mut publishing = writer.publish_async(7);
    writes.waits(&mut publishing);
    editor.try_batch_up_to(1).unwrap().iter_mut().for_each(|(_, event)| *event = 5);
    assert_eq!((reads.rung(), writes.rung() > 0), (1, true));
    assert_eq!(reads.poll(&mut receiving), Poll::Ready(Ok(5)));
    drop(receiving);
    assert_eq!(at_once(publishing), Ok(Sequence::new(2)));

    let mut publishing = writer.publish_async(8);
    writes.waits(&mut publishing);
    let mut stream = reader.stream();
    reads.waits(&mut stream.next());
    let (read, written) = (reads.rung(), writes.rung());
    drop(editor);
    assert_eq!((reads.rung(), writes.rung()), (read + 1, written + 1));
    let Poll::Ready(Err(refused)) = writes.poll(&mut publishing) else { panic!("not refused") };
    assert_eq!(refused.editor_left().and_then(|editor| editor.name()), Some("editor"));
    assert_eq!(refused.into_inner(), 8);
    drop(publishing);
    assert_eq!(at_once(stream.next()), None);
    assert!(stream.end().is_some_and(End::is_upstream_left));

    let left = at_once(writer.ready_async(1)).unwrap_err();
    assert!(matches!(&left, TryClaimError::EditorLeft(editor) if editor.name() == Some("editor")));
    assert_eq!(at_once(writer.claim_async(1)).map(drop), Err(left));
    let SinkError::EditorLeft(editor) = at_once(writer.sink().send(9)).unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(editor.name(), Some("editor"));
}

#[test]
fn a_sink_publishes_at_once_and_waits_for_room() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    let bell = Arc::new(Bell::default());
    let mut sink = writer.sink();
    assert_eq!(at_once(sink.send(event(0))), Ok(()));
    assert_eq!(reader.lag(), 1, "published without being flushed");
    let mut sending = sink.send(event(1));
    bell.waits(&mut sending);
    assert_eq!(at_once(reader.recv_async()), Ok(event(0)));
    assert_eq!(bell.rung(), 1);
    assert_eq!(bell.poll(&mut sending), Poll::Ready(Ok(())));
    assert_eq!(at_once(sink.flush()), Ok(()));
    assert_eq!(at_once(reader.recv_async()), Ok(event(1)));
}

#[test]
fn closing_a_sink_closes_the_ring_unless_the_writer_is_only_lent() {
    let (mut writer, mut reader, ring) = ring_of(2);
    let mut lent = writer.sink();
    assert_eq!(block_on(lent.send(event(0))), Ok(()));
    assert_eq!(block_on(lent.close()), Ok(()));
    assert_eq!(block_on(lent.send(event(1))), Err(SinkError::Closed));
    assert_eq!(block_on(lent.close()), Ok(()), "again");
    drop(lent);
    assert!(!ring.is_closed());
    publish_next(&mut writer);

    let mut owned = writer.into_sink();
    assert!(!ring.is_closed());
    assert_eq!(block_on(owned.close()), Ok(()));
    assert!(ring.is_closed());
    assert_eq!(Pin::new(&mut owned).start_send(event(2)), Err(SinkError::Closed));
    assert_eq!(reader.iter().collect::<Vec<_>>(), [event(0), event(1)]);

    let (writer, _reader, ring) = ring_of(2);
    drop(writer.into_sink());
    assert!(ring.is_closed(), "dropping it does too");
}

#[test]
fn a_sink_that_is_not_ready_takes_nothing() {
    let (mut writer, _reader, _ring) = ring_of(1);
    let mut sink = writer.sink();
    assert_eq!(Pin::new(&mut sink).start_send(event(0)), Ok(()));
    assert_eq!(Pin::new(&mut sink).start_send(event(1)), Err(SinkError::Full));
    drop(sink);
    assert_eq!(writer.cursor().get(), 1);
    let told = [SinkError::Full, SinkError::Closed].map(|error| error.to_string());
    assert_eq!(told, ["an event was sent to a sink that is not ready", "the sink is closed"]);
}

#[test]
fn a_clone_that_panics_leaves_the_event() {
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
    let receiving = AssertUnwindSafe(|| at_once(reader.recv_async()).map(drop));
    assert!(panic::catch_unwind(receiving).is_err());
    assert_eq!(reader.position().get(), 0);
    assert!(at_once(reader.recv_async()).is_ok());
}

/// A waker that uses the ring: when it is woken, and when it is dropped.
struct Meddler {
    ring: Ring<u64>,
    readers: Mutex<Vec<Reader<u64>>>,
    meddled: Arc<AtomicUsize>,
}

impl Meddler {
    fn meddle(&self) {
        let mut readers = self.readers.lock().unwrap();
        readers.push(self.ring.subscribe().unwrap());
        for reader in readers.iter_mut() {
            // Enters itself in the very list that is being emptied, and leaves it.
            drop(poll(&mut reader.recv_async(), Waker::noop()));
        }
        self.meddled.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        self.meddle();
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.meddle();
    }
}

#[test]
fn a_waker_may_use_the_ring() {
    finite(|| {
        let (mut writer, mut reader, ring) = ring_of(2);
        let meddled = Arc::new(AtomicUsize::new(0));
        let meddler = || {
            let (ring, readers) = (ring.clone(), Mutex::default());
            Waker::from(Arc::new(Meddler { ring, readers, meddled: Arc::clone(&meddled) }))
        };
        let mut receiving = reader.recv_async();
        assert!(poll(&mut receiving, &meddler()).is_pending());
        assert!(poll(&mut receiving, &meddler()).is_pending()); // drops the first
        assert_eq!(meddled.load(Ordering::SeqCst), 1);
        publish_next(&mut writer); // wakes the second and drops it
        assert_eq!(meddled.load(Ordering::SeqCst), 3);
        assert_eq!(poll(&mut receiving, &meddler()), Poll::Ready(Ok(event(0))));
        drop(receiving);
        assert!(poll(&mut reader.recv_async(), &meddler()).is_pending()); // drops one more
        assert_eq!(meddled.load(Ordering::SeqCst), 5);
    });
}

/// A waker that panics.
struct Grouch;

impl Wake for Grouch {
    fn wake(self: Arc<Self>) {
        panic::resume_unwind(Box::new("on purpose"));
    }
}

#[test]
fn a_waker_that_panics_keeps_no_other_from_being_woken() {
    let (mut writer, mut first, ring) = ring_of(2);
    let mut second = ring.subscribe().unwrap();
    let bell = Arc::new(Bell::default());
    let (mut one, mut two) = (first.recv_async(), second.recv_async());
    assert!(poll(&mut one, &Waker::from(Arc::new(Grouch))).is_pending());
    bell.waits(&mut two);
    let publishing = AssertUnwindSafe(|| publish_next(&mut writer));
    assert!(panic::catch_unwind(publishing).is_err());
    assert_eq!(bell.rung(), 1);
    for mut receiving in [one, two] {
        assert_eq!(bell.poll(&mut receiving), Poll::Ready(Ok(event(0))), "it was published");
    }
    publish_next(&mut writer);
    assert_eq!(first.recv(), Ok(event(1)));
}

/// Says that the closure panics because a waker does.
#[track_caller]
fn grumbles<R>(act: impl FnOnce() -> R) {
    assert!(panic::catch_unwind(AssertUnwindSafe(|| drop(act()))).is_err(), "nobody was woken");
}

/// Has a task wait whose waker panics.
#[track_caller]
fn grouch_waits<F: Future + Unpin>(future: &mut F) {
    assert!(poll(future, &Waker::from(Arc::new(Grouch))).is_pending());
}

/// Reads everything that is there, which must begin where the reader is.
#[track_caller]
fn reads_all(reader: &mut Reader<u64>) {
    let mut tally = Tally::at(reader.position());
    while let Ok(batch) = reader.try_batch() {
        batch.iter().for_each(|(at, &event)| tally.take_at(at, event));
    }
    assert_eq!(reader.lag(), 0);
}

#[test]
fn a_waker_that_panics_leaves_the_writer_where_it_is() {
    type Way = fn(&mut Writer<u64>, u64);
    let ways: [(&str, Way); 4] = [
        ("claim", |writer, len| {
            let next = writer.cursor().get();
            let mut claim = writer.claim(len as usize + 1).unwrap();
            claim.iter_mut().zip(next..).for_each(|(slot, at)| *slot = event(at));
            claim.publish_first(len as usize);
        }),
        ("publish_all", |writer, len| {
            let next = writer.cursor().get();
            writer.publish_all((next..next + len).map(event));
        }),
        ("publish", |writer, _| {
            writer.publish(event(writer.cursor().get()));
        }),
        ("publish_with", |writer, _| {
            let next = event(writer.cursor().get());
            writer.publish_with(|slot| *slot = next);
        }),
    ];
    for (name, way) in ways {
        for len in [1, 2, 6, 7, 8, 13, 14, 15, 40] {
            let (mut writer, mut waiting, ring) = ring_of(64);
            let mut reader = ring.subscribe().unwrap();
            for round in 0..20 {
                let mut receiving = waiting.recv_async();
                grouch_waits(&mut receiving);
                grumbles(|| way(&mut writer, len));
                drop(receiving);
                assert!(writer.cursor() > reader.position(), "{name}");
                for _ in 0..round {
                    publish_next(&mut writer);
                }
                reads_all(&mut waiting);
                reads_all(&mut reader);
            }
        }
    }
}

#[test]
fn a_waker_that_panics_leaves_a_reader_where_its_gate_is() {
    for may_be_evicted in [false, true] {
        let (mut writer, ring) = Ring::builder(4).max_readers(3).build(|| u64::MAX);
        let builder = ring.reader();
        let builder = if may_be_evicted { builder.evict_after(Duration::MAX) } else { builder };
        let mut reader = builder.subscribe().unwrap();
        for round in 0..5 {
            for _ in 0..4 {
                publish_at_once(&mut writer);
            }
            let mut publishing = writer.publish_async(0);
            grouch_waits(&mut publishing);
            // Whatever moves the reader on, it is there afterwards.
            match round % 3 {
                0 => grumbles(|| reader.rejoin()),
                1 => grumbles(|| reader.try_recv()),
                _ => grumbles(|| reader.try_batch()),
            }
            drop(publishing);
            let moved = [4, 1, 4][round % 3];
            assert_eq!((reader.lag(), writer.remaining_capacity()), (4 - moved, moved as usize));
            for _ in 0..moved {
                publish_at_once(&mut writer);
            }
            reads_all(&mut reader);
        }
    }
}

#[test]
fn a_waker_that_panics_takes_no_event_from_a_handler() {
    type Way = fn(&mut Reader<u64>, &mut dyn FnMut(u64));
    let ways: [(&str, Way); 3] = [
        ("run", |reader, take| drop(reader.run(|&event, _, _| take(event)))),
        ("for_each", |reader, take| {
            reader.wait_batch().unwrap().for_each(|&event, _| take(event));
        }),
        ("next_event", |reader, take| {
            let mut batch = reader.wait_batch().unwrap();
            while let Some((_, &event)) = batch.next_event() {
                take(event);
            }
        }),
    ];
    for (name, way) in ways {
        let (mut writer, mut reader, _ring) = ring_of(16);
        for _ in 0..16 {
            publish_at_once(&mut writer);
        }
        let mut publishing = writer.publish_async(0);
        grouch_waits(&mut publishing);
        let mut tally = Tally::at(0.into());
        grumbles(|| way(&mut reader, &mut |event| tally.take(event)));
        if name == "next_event" {
            // As with any panic that drops a batch: all of it counts as read.
            assert_eq!(reader.lag(), 0);
            continue;
        }
        tally.ends_at(reader.position().get());
        assert!(reader.lag() > 0, "{name}");
        reads_all(&mut reader);
    }
}

/// A waker that panics when it is dropped, unless that unwinds already.
struct Clinger;

impl Wake for Clinger {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Clinger {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic::resume_unwind(Box::new("on purpose"));
        }
    }
}

/// A waker that polls a stream itself, in the place where it is called.
struct Impatient(Mutex<Option<EventStream<'static, u64>>>);

impl Wake for Impatient {
    fn wake(self: Arc<Self>) {
        let mut stream = self.0.lock().unwrap();
        let mut next = stream.as_mut().unwrap().next();
        grumbles(|| poll(&mut next, Waker::noop()));
    }
}

#[test]
fn a_waker_that_panics_when_it_is_dropped_ends_the_look() {
    let (mut writer, mut first, ring) = ring_of(4);
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
    let mut stream = builder.subscribe().unwrap().into_stream();
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    assert!(poll(&mut stream.next(), &Waker::from(Arc::new(Clinger))).is_pending());
    let waker = Arc::new(Impatient(Mutex::new(Some(stream))));
    let mut writing = pin!(writer.ready_async(1));
    let context = Waker::from(Arc::clone(&waker));
    assert!(writing.as_mut().poll(&mut Context::from_waker(&context)).is_pending());
    // Wakes the writer first, whose waker finds something for the stream, which is still
    // entered with this reader.
    reads_all(&mut first);
    assert!(writing.as_mut().poll(&mut Context::from_waker(&context)).is_ready());
    let stream = waker.0.lock().unwrap().take().unwrap();
    assert_eq!(stream.reader().position().get(), 0);
    // It looks at nothing now, and so was evicted.
    let stats = ring.stats();
    assert_eq!((stats.writer.evictions, stats.members[1].gating), (1, false));
}

#[test]
fn a_waker_that_panics_leaves_no_gate_closed() {
    type Joins = fn(&Ring<u64>, &Reader<u64>);
    let ways: [(&str, Joins); 5] = [
        ("plain", |ring, _| drop(ring.subscribe())),
        ("from the oldest", |ring, _| drop(ring.reader().from_oldest().subscribe())),
        ("after", |ring, slow| drop(ring.reader().after(slow).unwrap().subscribe())),
        ("evictable", |ring, _| drop(ring.reader().evict_after(Duration::MAX).subscribe())),
        ("observer", |ring, _| drop(ring.observe())),
    ];
    for (name, joins) in ways {
        let (mut writer, ring) = Ring::builder(4).max_readers(2).build(|| u64::MAX);
        let mut slow = ring.subscribe().unwrap();
        for round in 0..3 {
            for _ in 0..4 {
                publish_at_once(&mut writer);
            }
            let mut publishing = writer.publish_async(0);
            grouch_waits(&mut publishing);
            grumbles(|| joins(&ring, &slow));
            drop(publishing);
            assert_eq!(ring.reader_count(), 1, "{name}");
            assert_eq!(slow.position().get(), 4 * round);
            reads_all(&mut slow);
            assert_eq!(writer.remaining_capacity(), 4, "{name}");
        }
        let mut observer = ring.observe().unwrap();
        for latest in [false, true] {
            for _ in 0..4 {
                publish_at_once(&mut writer);
            }
            let mut publishing = writer.publish_async(0);
            grouch_waits(&mut publishing);
            match latest {
                true => grumbles(|| observer.latest()),
                false => grumbles(|| observer.look()),
            }
            drop(publishing);
            reads_all(&mut slow);
            assert_eq!(writer.remaining_capacity(), 4, "the look is over");
        }
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_from_being_woken_who_sleeps_elsewhere() {
    // The writer, behind the first reader; and the second, behind it too; and the third,
    // behind the second, or the cursor.
    let bell = Arc::new(Bell::default());
    let (mut writer, mut first, ring) = ring_of(4);
    let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    let mut third = ring.subscribe().unwrap();
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    reads_all(&mut third);
    {
        let mut publishing = writer.publish_async(event(4));
        let mut reading = second.recv_async();
        grouch_waits(&mut publishing);
        bell.waits(&mut reading);
        grumbles(|| first.try_recv());
        assert_eq!(bell.rung(), 1);
        assert_eq!(bell.poll(&mut reading), Poll::Ready(Ok(event(0))));
        drop(reading);
        assert!(bell.poll(&mut publishing).is_ready());
    }
    // The end is told to everybody.
    reads_all(&mut first);
    reads_all(&mut second);
    reads_all(&mut third);
    let (mut reading, mut following) = (third.recv_async(), second.recv_async());
    grouch_waits(&mut reading);
    bell.waits(&mut following);
    grumbles(|| drop(writer));
    assert_eq!(bell.rung(), 2);
    assert_eq!(bell.poll(&mut following), Poll::Ready(Err(End::Closed)));
    assert_eq!(bell.poll(&mut reading), Poll::Ready(Err(End::Closed)));
}

#[test]
fn a_stream_in_a_select_waits_once_and_loses_nothing() {
    let (mut writer, mut reader, _ring) = ring_of(64);
    let (mut ticks_writer, mut ticks, _ticks_ring) = ring_of(64);
    let total = count(1_000);
    let publishing = async {
        for sequence in 0..total {
            writer.publish_async(event(sequence)).await.unwrap();
            ticks_writer.publish_async(sequence).await.unwrap();
        }
        drop((writer, ticks_writer));
    };
    let selecting = async {
        let mut tally = Tally::at(reader.position());
        let (mut events, mut seen) = (reader.stream(), 0);
        while !events.is_terminated() {
            // The loser is dropped at every turn.
            match select(events.next(), ticks.recv_async()).await {
                Either::Left((event, _)) => event.into_iter().for_each(|event| tally.take(event)),
                Either::Right((tick, _)) => seen += u64::from(tick.is_ok()),
            }
        }
        (tally, seen + ticks.iter().count() as u64)
    };
    let ((tally, seen), ()) = block_on(async { futures::join!(selecting, publishing) });
    tally.ends_at(total);
    assert_eq!(seen, total);
}

#[test]
#[should_panic(expected = "polled after it was done")]
fn a_future_that_is_done_is_not_polled_again() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    publish_next(&mut writer);
    let mut receiving = reader.recv_async();
    assert!(poll(&mut receiving, Waker::noop()).is_ready());
    drop(poll(&mut receiving, Waker::noop()));
}

#[cfg(not(miri))]
#[test]
fn a_task_that_waits_needs_no_polls() {
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
        assert!((1..=2).contains(&join(waiting)), "only when there is something to do");
    });
}

#[test]
fn a_task_that_waits_counts_as_asleep_once() {
    let (mut writer, mut reader, ring) = ring_of(1);
    let bell = Arc::new(Bell::default());
    let mut receiving = reader.recv_async();
    (0..3).for_each(|_| bell.waits(&mut receiving));
    assert_eq!(ring.stats().members[0].parks, 1);
    publish_next(&mut writer);
    assert_eq!(ring.stats().reader_wakes, 1);
    let mut publishing = writer.publish_async(event(1));
    (0..3).for_each(|_| bell.waits(&mut publishing));
    assert_eq!(ring.stats().writer.parks, 1);
}

#[test]
fn futures_streams_and_sinks_go_where_their_handles_go() {
    fn goes_anywhere<F: Send + Sync + Unpin + Debug>() {}
    fn is_a_future<F: Future + FusedFuture>() {}
    fn is_a_stream<S: Stream<Item = u64> + FusedStream>() {}
    fn is_a_sink<S: Sink<u64, Error = SinkError>>() {}
    fn is_owned<T: 'static>(_: T) {}

    goes_anywhere::<RecvFuture<'_, u64>>();
    goes_anywhere::<BatchFuture<'_, u64>>();
    goes_anywhere::<PublishFuture<'_, u64>>();
    goes_anywhere::<ReadyFuture<'_, u64>>();
    goes_anywhere::<ClaimFuture<'_, u64>>();
    goes_anywhere::<EventStream<'_, u64>>();
    goes_anywhere::<EventSink<'_, u64>>();
    goes_anywhere::<SinkError>();
    // The event need not be movable once it is pinned, nor shown, nor cloned.
    struct Plain(
        #[allow(dead_code, reason = "it is there to be moved")] std::marker::PhantomPinned,
    );
    goes_anywhere::<PublishFuture<'_, Plain>>();
    goes_anywhere::<BatchFuture<'_, Plain>>();
    goes_anywhere::<EventSink<'_, Plain>>();

    is_a_future::<RecvFuture<'_, u64>>();
    is_a_future::<BatchFuture<'_, Plain>>();
    is_a_future::<PublishFuture<'_, Plain>>();
    is_a_future::<ReadyFuture<'_, Plain>>();
    is_a_future::<ClaimFuture<'_, Plain>>();
    is_a_stream::<EventStream<'_, u64>>();
    is_a_sink::<EventSink<'_, u64>>();

    let (writer, reader, _ring) = ring_of(2);
    is_owned(reader.into_stream());
    is_owned(writer.into_sink());
}

#[test]
fn everything_says_what_it_is() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    let told = [
        format!("{:?}", reader.recv_async()),
        format!("{:?}", reader.batch_async()),
        format!("{:?}", reader.stream()),
        format!("{:?}", writer.publish_async(0)),
        format!("{:?}", writer.ready_async(1)),
        format!("{:?}", writer.claim_async(1)),
        format!("{:?}", writer.sink()),
    ];
    let names = [
        "RecvFuture",
        "BatchFuture",
        "EventStream",
        "PublishFuture",
        "ReadyFuture",
        "ClaimFuture",
        "EventSink",
    ];
    for (told, name) in iter::zip(told, names) {
        assert!(told.starts_with(name) && told.contains("er {"), "{told}");
    }
    assert_eq!(reader.stream().reader().position().get(), 0);
}
