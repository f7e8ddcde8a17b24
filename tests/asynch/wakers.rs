//! Wakers are code of the user: they may use the ring, and a waker that panics leaves every
//! handle consistent and every other task woken.

use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use broadring::asynch::EventStream;
use broadring::{End, Reader, Ring, Writer};
use futures::StreamExt;

use crate::common::{Tally, event, finite, publish_at_once, publish_next, ring_of};
use crate::rig::{Task, poll};

/// A waker that subscribes and polls on the ring, both when it is woken and when it is
/// dropped.
struct RingUser {
    ring: Ring<u64>,
    /// One more reader for each use.
    readers: Mutex<Vec<Reader<u64>>>,
    used: Arc<AtomicUsize>,
}

impl RingUser {
    fn use_ring(&self) {
        let mut readers = self.readers.lock().unwrap();
        readers.push(self.ring.subscribe().unwrap());
        for reader in readers.iter_mut() {
            // Registers in the very list of wakers that is being emptied, and leaves it.
            drop(poll(&mut reader.recv_async(), Waker::noop()));
        }
        self.used.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wake for RingUser {
    fn wake(self: Arc<Self>) {
        self.use_ring();
    }
}

impl Drop for RingUser {
    fn drop(&mut self) {
        self.use_ring();
    }
}

#[test]
fn a_waker_can_use_the_ring_while_it_is_woken_or_dropped() {
    finite(|| {
        let (mut writer, mut reader, ring) = ring_of(2);
        let used = Arc::new(AtomicUsize::new(0));
        let ring_user = || {
            let (ring, readers) = (ring.clone(), Mutex::default());
            Waker::from(Arc::new(RingUser { ring, readers, used: Arc::clone(&used) }))
        };
        let mut receiving = reader.recv_async();
        assert!(poll(&mut receiving, &ring_user()).is_pending());
        assert!(poll(&mut receiving, &ring_user()).is_pending()); // drops the first waker
        assert_eq!(used.load(Ordering::SeqCst), 1);
        publish_next(&mut writer); // wakes the second waker and drops it
        assert_eq!(used.load(Ordering::SeqCst), 3);
        assert_eq!(poll(&mut receiving, &ring_user()), Poll::Ready(Ok(event(0))));
        drop(receiving);
        assert!(poll(&mut reader.recv_async(), &ring_user()).is_pending()); // drops one more waker
        assert_eq!(used.load(Ordering::SeqCst), 5);
    });
}

/// A waker that panics when it is woken.
struct PanicsWhenWoken;

impl Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        panic::resume_unwind(Box::new("on purpose"));
    }
}

/// Runs an operation that must panic because a waker does.
#[track_caller]
fn expect_waker_panic<R>(act: impl FnOnce() -> R) {
    assert!(panic::catch_unwind(AssertUnwindSafe(|| drop(act()))).is_err(), "no waker panicked");
}

/// Polls a future that must wait, with a waker that panics when it is woken.
#[track_caller]
fn wait_with_panicking_waker<F: Future + Unpin>(future: &mut F) {
    assert!(poll(future, &Waker::from(Arc::new(PanicsWhenWoken))).is_pending());
}

/// Reads every available event, and checks that it starts at the position of the reader.
#[track_caller]
fn reads_all(reader: &mut Reader<u64>) {
    let mut tally = Tally::at(reader.position());
    while let Ok(batch) = reader.try_batch() {
        batch.iter().for_each(|(at, &event)| tally.take_at(at, event));
    }
    assert_eq!(reader.lag(), 0);
}

#[test]
fn a_panicking_waker_does_not_stop_the_wake_up_of_another_reader() {
    let (mut writer, mut first, ring) = ring_of(2);
    let mut second = ring.subscribe().unwrap();
    let task = Task::new();
    let (mut one, mut two) = (first.recv_async(), second.recv_async());
    assert!(poll(&mut one, &Waker::from(Arc::new(PanicsWhenWoken))).is_pending());
    task.expect_pending(&mut two);
    let publishing = AssertUnwindSafe(|| publish_next(&mut writer));
    assert!(panic::catch_unwind(publishing).is_err());
    assert_eq!(task.wakes(), 1);
    for mut receiving in [one, two] {
        assert_eq!(task.poll(&mut receiving), Poll::Ready(Ok(event(0))), "the event was published");
    }
    publish_next(&mut writer);
    assert_eq!(first.recv(), Ok(event(1)));
}

#[test]
fn a_panicking_waker_does_not_stop_wake_ups_of_tasks_that_wait_for_something_else() {
    // The writer and the second reader wait for the first reader. The third reader waits
    // for the cursor.
    let task = Task::new();
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
        wait_with_panicking_waker(&mut publishing);
        task.expect_pending(&mut reading);
        expect_waker_panic(|| first.try_recv());
        assert_eq!(task.wakes(), 1);
        assert_eq!(task.poll(&mut reading), Poll::Ready(Ok(event(0))));
        drop(reading);
        assert!(task.poll(&mut publishing).is_ready());
    }
    // Closing the ring wakes every reader.
    reads_all(&mut first);
    reads_all(&mut second);
    reads_all(&mut third);
    let (mut reading, mut following) = (third.recv_async(), second.recv_async());
    wait_with_panicking_waker(&mut reading);
    task.expect_pending(&mut following);
    expect_waker_panic(|| drop(writer));
    assert_eq!(task.wakes(), 2);
    assert_eq!(task.poll(&mut following), Poll::Ready(Err(End::Closed)));
    assert_eq!(task.poll(&mut reading), Poll::Ready(Err(End::Closed)));
}

#[test]
fn a_waker_that_panics_in_a_publication_leaves_no_gap_in_the_stream() {
    type Operation = fn(&mut Writer<u64>, u64);
    let ways: [(&str, Operation); 4] = [
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
                wait_with_panicking_waker(&mut receiving);
                expect_waker_panic(|| way(&mut writer, len));
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
fn a_waker_that_panics_in_a_commit_leaves_the_reader_and_its_gate_in_step() {
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
            wait_with_panicking_waker(&mut publishing);
            // Each operation moves the reader on although it panics.
            match round % 3 {
                0 => expect_waker_panic(|| reader.rejoin()),
                1 => expect_waker_panic(|| reader.try_recv()),
                _ => expect_waker_panic(|| reader.try_batch()),
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
fn a_waker_that_panics_when_an_editor_passes_events_on_leaves_every_stage_in_step() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(8).build_with_editors(["first", "second"], || 0);
    let (mut reader, mut observer) = (ring.subscribe().unwrap(), ring.observe().unwrap());
    for round in 0..20 {
        let task = Task::new();
        let mut editing = first.batch_async();
        wait_with_panicking_waker(&mut editing);
        expect_waker_panic(|| publish_at_once(&mut writer));
        let Poll::Ready(Ok(batch)) = task.poll(&mut editing) else { panic!("not woken") };
        {
            let mut following = second.batch_async();
            wait_with_panicking_waker(&mut following);
            expect_waker_panic(|| drop(batch));
            let Poll::Ready(Ok(batch)) = task.poll(&mut following) else { panic!("not woken") };
            let (mut reading, mut looking) = (reader.recv_async(), observer.look_async());
            wait_with_panicking_waker(&mut reading);
            task.expect_pending(&mut looking);
            expect_waker_panic(|| drop(batch));
            assert_eq!(task.wakes(), 1, "the other task is woken too");
            assert_eq!(task.poll(&mut reading), Poll::Ready(Ok(event(round))));
            assert!(task.poll(&mut looking).is_ready());
        }
        drop(editing);
        let next = round + 1;
        assert_eq!([first.position().get(), second.position().get()], [next, next]);
        assert_eq!((ring.cursor().get(), writer.remaining_capacity()), (next, 8));
    }
}

#[test]
fn a_waker_that_panics_between_two_handler_calls_skips_no_event() {
    type Operation = fn(&mut Reader<u64>, &mut dyn FnMut(u64));
    let ways: [(&str, Operation); 3] = [
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
        wait_with_panicking_waker(&mut publishing);
        let mut tally = Tally::at(0.into());
        expect_waker_panic(|| way(&mut reader, &mut |event| tally.take(event)));
        if name == "next_event" {
            // As with any panic that drops a batch, all of it counts as read.
            assert_eq!(reader.lag(), 0);
            continue;
        }
        tally.ends_at(reader.position().get());
        assert!(reader.lag() > 0, "{name}");
        reads_all(&mut reader);
    }
}

#[test]
fn a_waker_that_panics_while_a_reader_joins_or_an_observer_looks_leaves_no_gate_behind() {
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
            wait_with_panicking_waker(&mut publishing);
            expect_waker_panic(|| joins(&ring, &slow));
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
            wait_with_panicking_waker(&mut publishing);
            match latest {
                true => expect_waker_panic(|| observer.latest()),
                false => expect_waker_panic(|| observer.look()),
            }
            drop(publishing);
            reads_all(&mut slow);
            assert_eq!(writer.remaining_capacity(), 4, "the observer holds no gate");
        }
    }
}

/// A waker that panics when it is dropped, unless its thread is unwinding already.
struct PanicsWhenDropped;

impl Wake for PanicsWhenDropped {
    fn wake(self: Arc<Self>) {}
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic::resume_unwind(Box::new("on purpose"));
        }
    }
}

/// A waker that polls a stream when it is woken, on the thread that wakes it.
struct PollsWhenWoken(Mutex<Option<EventStream<'static, u64>>>);

impl Wake for PollsWhenWoken {
    fn wake(self: Arc<Self>) {
        let mut stream = self.0.lock().unwrap();
        let mut next = stream.as_mut().unwrap().next();
        expect_waker_panic(|| poll(&mut next, Waker::noop()));
    }
}

#[test]
fn a_waker_whose_drop_panics_does_not_leave_the_reader_safe_from_eviction() {
    let (mut writer, mut first, ring) = ring_of(4);
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
    let mut stream = builder.subscribe().unwrap().into_stream();
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    assert!(poll(&mut stream.next(), &Waker::from(Arc::new(PanicsWhenDropped))).is_pending());
    let waker = Arc::new(PollsWhenWoken(Mutex::new(Some(stream))));
    let mut writing = pin!(writer.ready_async(1));
    let context = Waker::from(Arc::clone(&waker));
    assert!(writing.as_mut().poll(&mut Context::from_waker(&context)).is_pending());
    // The commit of the first reader wakes the writer first. Its waker polls the stream,
    // which finds an event while its own waker is still registered with the first reader.
    reads_all(&mut first);
    assert!(writing.as_mut().poll(&mut Context::from_waker(&context)).is_ready());
    let stream = waker.0.lock().unwrap().take().unwrap();
    assert_eq!(stream.reader().position().get(), 0);
    // The stream lends nothing any more, so its reader could be evicted.
    let stats = ring.stats();
    assert_eq!((stats.writer.evictions, stats.members[1].gating), (1, false));
}
