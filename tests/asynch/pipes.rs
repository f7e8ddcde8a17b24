//! Every way for a task to publish a stream of events, and to edit or read one to its end.

use broadring::{Editor, End, Reader, Sequence, Writer};
use futures::{StreamExt, stream};

use crate::common::{Tally, event, publish_at_once};

/// Reads to the end of the stream with `recv_async`.
pub(crate) async fn drain_one_by_one(mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    while let Ok(event) = reader.recv_async().await {
        tally.take(event);
    }
    tally
}

/// Reads to the end of the stream with `batch_async`.
pub(crate) async fn drain_in_batches(mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    while let Ok(batch) = reader.batch_async().await {
        for (sequence, &event) in &batch {
            tally.take_at(sequence, event);
        }
    }
    tally
}

/// Reads to the end of the stream through a `Stream`.
pub(crate) async fn drain_as_stream(reader: Reader<u64>) -> Tally {
    let tally = Tally::at(reader.position());
    let taking = async |mut tally: Tally, event| {
        tally.take(event);
        tally
    };
    reader.into_stream().fold(tally, taking).await
}

/// Turns every event over with `batch_async`, to the end of the stream; returns the end.
pub(crate) async fn edit_to_the_end(mut editor: Editor<u64>) -> End {
    loop {
        match editor.batch_async().await {
            Ok(mut batch) => batch.iter_mut().for_each(|(_, event)| *event = !*event),
            Err(end) => return end,
        }
    }
}

/// Publishes that many events with `publish_async`.
pub(crate) async fn publish_one_by_one(mut writer: Writer<u64>, total: u64) {
    for sequence in 0..total {
        assert_eq!(writer.publish_async(event(sequence)).await, Ok(Sequence::new(sequence)));
    }
}

/// Publishes that many events, as many at once as `ready_async` was asked for.
pub(crate) async fn publish_when_ready(mut writer: Writer<u64>, total: u64) {
    let step = writer.capacity() as u64;
    for start in (0..total).step_by(step as usize) {
        let len = step.min(total - start);
        writer.ready_async(len as usize).await.unwrap();
        (0..len).for_each(|_| publish_at_once(&mut writer));
    }
}

/// Publishes that many events with `claim_async`, in claims of changing length.
pub(crate) async fn publish_claims(mut writer: Writer<u64>, total: u64) {
    let longest = writer.capacity() as u64;
    let mut next = 0;
    while next < total {
        let len = (1 + next % longest).min(total - next);
        let mut claim = writer.claim_async(len as usize).await.unwrap();
        claim.iter_mut().zip(next..).for_each(|(slot, sequence)| *slot = event(sequence));
        next = claim.publish().end.get();
    }
}

/// Publishes that many events through a `Sink`.
pub(crate) async fn publish_through_a_sink(writer: Writer<u64>, total: u64) {
    let events = stream::iter((0..total).map(|sequence| Ok(event(sequence))));
    events.forward(writer.into_sink()).await.unwrap();
}
