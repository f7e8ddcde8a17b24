//! Tasks get every event in order, next to threads, in chains and in a `select`.

use std::thread;

use broadring::{Ring, Writer};
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::{Either, select};
use futures::stream::FusedStream;

use crate::common::{PARK, Tally, count, drain, event, finite, join, publish_next, ring_of};
use crate::pipes::{
    drain_as_stream, drain_in_batches, drain_one_by_one, edit_to_the_end, publish_claims,
    publish_one_by_one, publish_through_a_sink, publish_when_ready,
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
fn editors_in_threads_and_tasks_change_every_event_before_a_reader_gets_it() {
    finite(|| {
        let total = count(2_000);
        for capacity in [1, 2, 8] {
            for in_tasks in [[true, true], [true, false], [false, true]] {
                let (writer, editors, ring) =
                    Ring::builder(capacity).build_with_editors(["first", "second"], || 0);
                let reader = ring.subscribe().unwrap();
                let editing = editors.into_iter().zip(in_tasks).map(|(mut editor, in_task)| {
                    thread::spawn(move || match in_task {
                        true => block_on(edit_to_the_end(editor)),
                        false => editor.run(|event, _, _| *event = !*event),
                    })
                });
                let editing: Vec<_> = editing.collect();
                let reading = thread::spawn(|| block_on(drain_one_by_one(reader)));
                block_on(publish_one_by_one(writer, total));
                // Each event was turned over twice.
                join(reading).ends_at(total);
                assert!(editing.into_iter().map(join).all(|end| end.is_closed()));
            }
        }
    });
}

#[test]
fn an_observing_task_has_seen_or_missed_each_event_exactly_once() {
    finite(|| {
        let total = count(5_000);
        for capacity in [1, 2, 8, 64] {
            let (mut writer, ring) = Ring::builder(capacity).build(|| u64::MAX);
            let looking = [ring.observe().unwrap(), ring.observe().unwrap()].map(|mut observer| {
                thread::spawn(move || {
                    block_on(async {
                        let (mut missed, mut seen) = (0, 0);
                        while let Ok(glimpse) = observer.look_async().await {
                            for (sequence, &shown) in &glimpse {
                                assert_eq!(shown, event(sequence.get()), "a torn event");
                            }
                            missed += glimpse.missed();
                            seen += glimpse.len() as u64;
                        }
                        assert_eq!((missed + seen, observer.lag()), (total, 0));
                    });
                })
            });
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            looking.into_iter().for_each(join);
        }
    });
}

#[test]
fn a_writer_an_editor_an_observer_and_a_reader_can_share_one_thread() {
    let total = count(1_000);
    let (writer, [editor], ring) = Ring::builder(2).build_with_editors(["editor"], || 0);
    let mut reader = ring.subscribe().unwrap();
    let mut observer = ring.observe().unwrap();
    let reading = async {
        let mut next = 0;
        while let Ok(number) = reader.recv_async().await {
            assert_eq!(number, !event(next));
            next += 1;
        }
        next
    };
    let looking = async {
        let mut passed = 0;
        while let Ok(glimpse) = observer.look_async().await {
            assert!(glimpse.iter().all(|(at, &shown)| shown == !event(at.get())));
            passed += glimpse.missed() + glimpse.len() as u64;
        }
        passed
    };
    let publishing = publish_one_by_one(writer, total);
    let (read, passed, end, ()) =
        block_on(async { futures::join!(reading, looking, edit_to_the_end(editor), publishing) });
    assert_eq!((read, passed), (total, total));
    assert!(end.is_closed());
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
