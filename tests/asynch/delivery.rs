//! Tasks get every event in order, next to threads, in chains and in a `select`.

use std::thread;

use broadring::{Ring, Writer};
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::{Either, select};
use futures::stream::FusedStream;

use crate::common::{PARK, Tally, count, drain, event, finite, join, publish_next, ring_of};
use crate::pipes::{
    drain_as_stream, drain_in_batches, drain_one_by_one, publish_claims, publish_one_by_one,
    publish_through_a_sink, publish_when_ready,
};

#[test]
fn readers_in_threads_and_tasks_get_every_event_however_it_is_published() {
    finite(|| {
        let total = count(3_000);
        let ways_to_publish: [fn(Writer<u64>, u64); 5] = [
            |mut writer, total| {
                for _ in 0..total {
                    publish_next(&mut writer);
                }
            },
            |writer, total| block_on(publish_one_by_one(writer, total)),
            |writer, total| block_on(publish_when_ready(writer, total)),
            |writer, total| block_on(publish_claims(writer, total)),
            |writer, total| block_on(publish_through_a_sink(writer, total)),
        ];
        for capacity in [1, 2, 8, 64] {
            for publish in ways_to_publish {
                let (writer, ring) = Ring::builder(capacity).build(|| 0);
                let subscribe = || ring.subscribe().unwrap();
                let park_at_once = ring.reader().wait(PARK);
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
                publish(writer, total);
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
fn a_writer_task_and_reader_tasks_can_share_one_thread() {
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
fn a_handle_can_alternate_between_blocking_and_async_calls() {
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
fn every_task_in_a_chain_of_dependent_readers_reads_every_event() {
    let total = count(1_000);
    let (writer, first, ring) = ring_of(2);
    let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    let third = ring.reader().after(&first).unwrap().after(&second).unwrap().subscribe().unwrap();
    let (one, two, three, ()) = block_on(async {
        let publishing = publish_one_by_one(writer, total);
        // Polled in the reverse order of the chain, so that each has to wait.
        let (three, two, one) = (drain_as_stream(third), drain_one_by_one(second), async {
            // Keeps the reader alive until the dependent readers have read everything.
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
fn a_stream_in_a_select_loses_no_event() {
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
            // `select` drops the future that loses, on every turn.
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
