//! The traits that futures, streams and sinks implement, and what they print.

use std::fmt::Debug;
use std::iter;
use std::panic::{self, AssertUnwindSafe};
use std::task::{Poll, Waker};

use broadring::asynch::{
    BatchFuture, ClaimFuture, EditBatchFuture, EventSink, EventStream, LookFuture, PublishFuture,
    ReadyFuture, RecvFuture, SinkError,
};
use broadring::{End, Ring};
use futures::future::FusedFuture;
use futures::stream::FusedStream;
use futures::{Sink, Stream};

use crate::common::{event, ring_of};
use crate::rig::poll;

#[test]
fn futures_streams_and_sinks_are_send_sync_unpin_and_debug() {
    fn is_portable<F: Send + Sync + Unpin + Debug>() {}
    fn is_a_future<F: Future + FusedFuture>() {}
    fn is_a_stream<S: Stream<Item = u64> + FusedStream>() {}
    fn is_a_sink<S: Sink<u64, Error = SinkError>>() {}
    fn is_owned<T: 'static>(_: T) {}

    is_portable::<RecvFuture<'_, u64>>();
    is_portable::<BatchFuture<'_, u64>>();
    is_portable::<EditBatchFuture<'_, u64>>();
    is_portable::<LookFuture<'_, u64>>();
    is_portable::<PublishFuture<'_, u64>>();
    is_portable::<ReadyFuture<'_, u64>>();
    is_portable::<ClaimFuture<'_, u64>>();
    is_portable::<EventStream<'_, u64>>();
    is_portable::<EventSink<'_, u64>>();
    is_portable::<SinkError>();
    // An event that is neither `Unpin`, `Debug` nor `Clone`.
    struct Plain(#[allow(dead_code, reason = "only its type matters")] std::marker::PhantomPinned);
    is_portable::<PublishFuture<'_, Plain>>();
    is_portable::<BatchFuture<'_, Plain>>();
    is_portable::<EditBatchFuture<'_, Plain>>();
    is_portable::<LookFuture<'_, Plain>>();
    is_portable::<EventSink<'_, Plain>>();

    is_a_future::<RecvFuture<'_, u64>>();
    is_a_future::<BatchFuture<'_, Plain>>();
    is_a_future::<EditBatchFuture<'_, Plain>>();
    is_a_future::<LookFuture<'_, Plain>>();
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
fn debug_output_names_the_future_the_stream_or_the_sink() {
    let (mut writer, [mut editor], ring) = Ring::builder(2).build_with_editors(["editor"], || 0);
    let mut reader = ring.subscribe().unwrap();
    let mut observer = ring.observe().unwrap();
    let printed = [
        format!("{:?}", editor.batch_async()),
        format!("{:?}", observer.look_async()),
        format!("{:?}", reader.recv_async()),
        format!("{:?}", reader.batch_async()),
        format!("{:?}", reader.stream()),
        format!("{:?}", writer.publish_async(0)),
        format!("{:?}", writer.ready_async(1)),
        format!("{:?}", writer.claim_async(1)),
        format!("{:?}", writer.sink()),
    ];
    let names = [
        "EditBatchFuture",
        "LookFuture",
        "RecvFuture",
        "BatchFuture",
        "EventStream",
        "PublishFuture",
        "ReadyFuture",
        "ClaimFuture",
        "EventSink",
    ];
    for (text, name) in iter::zip(printed, names) {
        assert!(text.starts_with(name) && text.contains("r {"), "{text}");
    }
    assert_eq!(reader.stream().reader().position().get(), 0);
}

#[test]
fn polling_a_finished_future_panics() {
    #[track_caller]
    fn panics_when_polled_again<F: FusedFuture + Unpin>(mut future: F) {
        assert!(!future.is_terminated());
        assert!(poll(&mut future, Waker::noop()).is_ready());
        assert!(future.is_terminated());
        let again = AssertUnwindSafe(|| drop(poll(&mut future, Waker::noop())));
        let panicked = panic::catch_unwind(again).unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"a future was polled after it was done"));
        assert!(future.is_terminated());
    }

    let (mut writer, [mut editor], ring) = Ring::builder(2).build_with_editors(["editor"], || 0);
    let mut reader = ring.subscribe().unwrap();
    let mut observer = ring.observe().unwrap();
    panics_when_polled_again(writer.publish_async(event(0)));
    panics_when_polled_again(writer.ready_async(1));
    panics_when_polled_again(writer.claim_async(0));
    panics_when_polled_again(editor.batch_async());
    panics_when_polled_again(reader.batch_async());
    panics_when_polled_again(observer.look_async());
    drop(writer);
    // The end of the stream is a result too.
    panics_when_polled_again(editor.batch_async());
    panics_when_polled_again(reader.recv_async());
    panics_when_polled_again(observer.look_async());
    assert_eq!(poll(&mut reader.recv_async(), Waker::noop()), Poll::Ready(Err(End::Closed)));
}
