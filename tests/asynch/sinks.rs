//! A sink publishes each event as it is sent, waits for room, and closes the ring if it owns
//! the writer.

use std::pin::Pin;
use std::task::Poll;

use broadring::asynch::SinkError;
use futures::executor::block_on;
use futures::{Sink, SinkExt};

use crate::common::{event, publish_next, ring_of};
use crate::rig::{Task, expect_ready};

#[test]
fn a_sink_publishes_without_a_flush_and_waits_for_room() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    let task = Task::new();
    let mut sink = writer.sink();
    assert_eq!(expect_ready(sink.send(event(0))), Ok(()));
    assert_eq!(reader.lag(), 1, "published without a flush");
    let mut sending = sink.send(event(1));
    task.expect_pending(&mut sending);
    assert_eq!(expect_ready(reader.recv_async()), Ok(event(0)));
    assert_eq!(task.wakes(), 1);
    assert_eq!(task.poll(&mut sending), Poll::Ready(Ok(())));
    assert_eq!(expect_ready(sink.flush()), Ok(()));
    assert_eq!(expect_ready(reader.recv_async()), Ok(event(1)));
}

#[test]
fn closing_a_sink_closes_the_ring_only_if_the_sink_owns_the_writer() {
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
    assert!(ring.is_closed(), "dropping the sink closes the ring too");
}

#[test]
fn a_sink_rejects_an_event_that_it_has_no_room_for() {
    let (mut writer, _reader, _ring) = ring_of(1);
    let mut sink = writer.sink();
    assert_eq!(Pin::new(&mut sink).start_send(event(0)), Ok(()));
    assert_eq!(Pin::new(&mut sink).start_send(event(1)), Err(SinkError::Full));
    drop(sink);
    assert_eq!(writer.cursor().get(), 1);
    let messages = [SinkError::Full, SinkError::Closed].map(|error| error.to_string());
    assert_eq!(messages, ["an event was sent to a sink that is not ready", "the sink is closed"]);
}
