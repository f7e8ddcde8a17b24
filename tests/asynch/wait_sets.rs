//! A task waits for several handles at once, and is woken by the first that is ready.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use broadring::{ByteRing, Reader, Ring, WaitSet, Waitable, Writer};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::FusedFuture;

use crate::common::{
    Tally, count, finite, join, publish_at_once, publish_next, ring_of, settle_down,
};

fn rings(count: usize) -> (Vec<Writer<u64>>, Vec<Reader<u64>>) {
    (0..count).map(|_| ring_of(4)).map(|(writer, reader, _)| (writer, reader)).unzip()
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_task_learns_at_once_which_handle_is_ready() {
    let (mut writers, mut readers) = rings(3);
    let mut set = WaitSet::new();
    assert_eq!(set.ready_async(&readers).now_or_never(), None);
    publish_at_once(&mut writers[2]);
    assert_eq!(set.ready_async(&readers).now_or_never(), Some(2));
    readers[2].try_recv().unwrap();
    drop(writers.remove(0));
    assert_eq!(set.ready_async(&readers).now_or_never(), Some(0));
    assert_eq!(set.ready_async::<Reader<u64>>(&[]).now_or_never(), None);
}

#[test]
fn a_pending_task_is_woken_once_by_the_first_of_its_rings_and_then_by_none() {
    let (mut writers, readers) = rings(3);
    let mut set = WaitSet::new();
    let counted = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&counted));
    let mut cx = Context::from_waker(&waker);
    let woken = || counted.0.load(Ordering::SeqCst);
    {
        let mut waiting = pin!(set.ready_async(&readers));
        for _ in 0..3 {
            assert_eq!(waiting.as_mut().poll(&mut cx), Poll::Pending);
        }
        assert_eq!((woken(), Arc::strong_count(&counted)), (0, 2 + readers.len()));
        publish_at_once(&mut writers[1]);
        assert_eq!(woken(), 1);
        assert_eq!(waiting.as_mut().poll(&mut cx), Poll::Ready(1));
        assert!(waiting.is_terminated());
        assert_eq!(Arc::strong_count(&counted), 2, "nothing is registered any more");
    }
    writers.iter_mut().for_each(publish_at_once);
    assert_eq!(woken(), 1);
}

#[test]
fn a_future_that_is_dropped_takes_its_wakers_with_it() {
    let (mut writers, readers) = rings(3);
    let mut set = WaitSet::new();
    let counted = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&counted));
    for _ in 0..3 {
        let mut waiting = Box::pin(set.ready_async(&readers));
        assert_eq!(waiting.poll_unpin(&mut Context::from_waker(&waker)), Poll::Pending);
    }
    assert_eq!(Arc::strong_count(&counted), 2);
    writers.iter_mut().for_each(publish_at_once);
    assert_eq!(counted.0.load(Ordering::SeqCst), 0);
}

#[test]
fn handles_of_every_kind_are_not_ready_before_there_is_something_and_keep_no_waker() {
    let (_writer, [editor], ring) = Ring::builder(4).build_with_editors(["edit"], || 0);
    let observer = ring.observe().unwrap();
    let upstream = ring.subscribe().unwrap();
    let dependent = ring.reader().after(&upstream).unwrap().subscribe().unwrap();
    let (_bytes, ring) = ByteRing::builder(64).build();
    let records = ring.subscribe().unwrap();
    let handles: [&dyn Waitable; 5] = [&editor, &observer, &upstream, &dependent, &records];

    let mut set = WaitSet::new();
    let counted = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&counted));
    let alone = handles.chunks(1);
    for handles in alone.chain([&handles[..]]) {
        let mut waiting = Box::pin(set.ready_async(handles));
        assert_eq!(waiting.poll_unpin(&mut Context::from_waker(&waker)), Poll::Pending);
        assert!(Arc::strong_count(&counted) > 2, "it is registered");
        drop(waiting);
        assert_eq!(Arc::strong_count(&counted), 2);
    }
}

#[test]
fn a_task_gets_the_events_of_several_writers() {
    finite(|| {
        let total = count(5_000);
        let (writers, mut readers) = rings(3);
        let writing: Vec<_> = writers
            .into_iter()
            .map(|mut writer| {
                thread::spawn(move || {
                    for round in 0..total {
                        if round % 256 == 0 {
                            settle_down(round / 256);
                        }
                        publish_next(&mut writer);
                    }
                })
            })
            .collect();
        let mut tallies: Vec<_> = readers.iter().map(|it| Tally::at(it.position())).collect();
        let mut open: Vec<usize> = (0..readers.len()).collect();
        block_on(async {
            let mut set = WaitSet::new();
            while !open.is_empty() {
                let waiting: Vec<_> = open.iter().map(|&index| &readers[index]).collect();
                let ready = open[set.ready_async(&waiting).await];
                match readers[ready].try_recv() {
                    Ok(event) => tallies[ready].take(event),
                    Err(error) => {
                        assert!(error.is_closed());
                        open.retain(|&index| index != ready);
                    }
                }
            }
        });
        tallies.iter().for_each(|tally| tally.ends_at(total));
        writing.into_iter().for_each(join);
    });
}
