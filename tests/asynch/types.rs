//! The traits that futures, streams and sinks implement, and what they print.

use std::fmt::Debug;
use std::iter;
use std::task::Waker;

use broadring::asynch::{
    BatchFuture, ClaimFuture, EventSink, EventStream, PublishFuture, ReadyFuture, RecvFuture,
    SinkError,
};
use futures::future::FusedFuture;
use futures::stream::FusedStream;
use futures::{Sink, Stream};

use crate::common::{publish_next, ring_of};
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
    is_portable::<EventSink<'_, Plain>>();

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
fn debug_output_names_the_future_the_stream_or_the_sink() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    let printed = [
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
    for (text, name) in iter::zip(printed, names) {
        assert!(text.starts_with(name) && text.contains("er {"), "{text}");
    }
    assert_eq!(reader.stream().reader().position().get(), 0);
}

#[test]
#[should_panic(expected = "polled after it was done")]
fn polling_a_finished_future_panics() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    publish_next(&mut writer);
    let mut receiving = reader.recv_async();
    assert!(poll(&mut receiving, Waker::noop()).is_ready());
    drop(poll(&mut receiving, Waker::noop()));
}
