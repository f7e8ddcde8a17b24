//! A replay of what each writer has published gives the order that merged readers have seen.

#![cfg(not(all(loom, feature = "loom")))]

mod common;

use std::thread;

use broadring::{Reader, Sequence};
use broadring_order::clock::{Clock, Hlc, Lamport, Monotonic, Turns};
use broadring_order::{Merged, Ordered, Replay, SourceId, Stamp, Stamped, Writers};
use common::{Dice, count, finite, join, mixed};

/// A log of one writer.
type Log = (SourceId, Sequence, Vec<Stamped<u64>>);

/// Where an event is, without the event.
fn place<E>(event: &Ordered<E>) -> (u64, Stamp, SourceId, Sequence) {
    (event.position, event.stamp, event.source, event.sequence)
}

fn record(source: SourceId, mut reader: Reader<Stamped<u64>>) -> Log {
    let first = reader.position();
    let mut log = Vec::new();
    reader.run(|event, _, _| log.push(event.clone()));
    (source, first, log)
}

fn listen<C: Clock>(mut reader: Merged<u64, C>) -> Vec<Ordered<u64>> {
    let mut heard = Vec::new();
    reader.run(|event| {
        let Ordered { position, stamp, source, sequence, .. } = event;
        heard.push((position, stamp, source, sequence, *event.event));
    });
    assert!(reader.try_recv().is_err());
    heard.into_iter().map(ordered).collect()
}

/// Readers cannot make an [`Ordered`] themselves; a replay of one event can.
fn ordered(
    (position, stamp, source, sequence, event): (u64, Stamp, SourceId, Sequence, u64),
) -> Ordered<u64> {
    let one = Replay::new().at(position).source_from(source, sequence, [(stamp, event)]);
    one.map(Result::unwrap).next().unwrap()
}

/// Several threads come, publish in several ways and leave; each logs its own ring. Readers listen from
/// the beginning, and one joins late.
fn the_replay_is_what_readers_heard(clock: impl Clock, threads: u64, seed: u64) {
    finite(move || {
        let stays = count(8);
        let (writers, order) = Writers::builder(16).clock(clock).build(|| u64::MAX);
        let listening: Vec<_> = (0..2)
            .map(|_| {
                let reader = order.subscribe().unwrap();
                thread::spawn(move || listen(reader))
            })
            .collect();
        let writing: Vec<_> = (0..threads)
            .map(|index| {
                let writers = writers.clone();
                let mut dice = Dice(seed << 32 | index << 16);
                thread::spawn(move || {
                    let mut logs = Vec::new();
                    for _ in 0..stays {
                        let mut writer = writers.join();
                        let reader = writer.source().ring().subscribe().unwrap();
                        let id = writer.id();
                        logs.push(thread::spawn(move || record(id, reader)));
                        for _ in 0..dice.roll(60) {
                            let event = dice.roll(u64::MAX);
                            match dice.roll(4) {
                                0 => {
                                    writer.publish_all((0..dice.roll(9)).map(mixed));
                                }
                                1 => {
                                    let mut claim = writer.claim(3).unwrap();
                                    claim.iter_mut().for_each(|slot| *slot = event);
                                    claim.publish_first(dice.roll(4) as usize);
                                }
                                2 => thread::yield_now(),
                                _ => drop(writer.publish(event)),
                            }
                        }
                    }
                    logs.into_iter().map(join).collect::<Vec<Log>>()
                })
            })
            .collect();
        // Joins while they publish.
        let late = thread::spawn({
            let order = order.clone();
            move || {
                thread::yield_now();
                listen(order.subscribe().unwrap())
            }
        });
        drop(writers);
        let logs: Vec<Log> = writing.into_iter().flat_map(join).collect();
        let heard: Vec<_> = listening.into_iter().map(join).collect();

        let replay = || {
            logs.iter().fold(Replay::new(), |replay, (id, first, log)| {
                replay.source_from(*id, *first, log)
            })
        };
        let replayed: Vec<_> = replay().map(Result::unwrap).collect();
        assert_eq!(replayed.len() as u64, order.published());
        for heard in &heard {
            assert_eq!(heard.len(), replayed.len());
            for (heard, replayed) in heard.iter().zip(&replayed) {
                assert_eq!((place(heard), &heard.event), (place(replayed), replayed.event));
            }
        }
        let late = join(late);
        assert_eq!(late[..], heard[0][heard[0].len() - late.len()..]);

        // The same from the middle on: of each log what comes after some place in the order.
        let from = replayed.len() / 2;
        let rest = logs.iter().fold(Replay::new().at(from as u64), |replay, (id, _, log)| {
            let gone = replayed[..from].iter().filter(|event| event.source == *id).count();
            replay.source_from(*id, Sequence::new(gone as u64), &log[gone..])
        });
        let rest: Vec<_> = rest.map(Result::unwrap).collect();
        assert_eq!(rest, replayed[from..]);
    });
}

#[test]
fn a_replay_gives_what_readers_have_heard() {
    the_replay_is_what_readers_heard(Monotonic::new(), 5, 1);
    the_replay_is_what_readers_heard(Turns::new(), 5, 2);
    the_replay_is_what_readers_heard(Lamport::new(), 3, 3);
    the_replay_is_what_readers_heard(Hlc::new(), 8, 4);
}

fn stamped(stamps: &[u64]) -> Vec<(Stamp, u64)> {
    stamps.iter().map(|&stamp| (Stamp::new(stamp), 10 * stamp)).collect()
}

#[test]
fn equal_stamps_come_in_the_order_of_their_sources_however_they_were_added() {
    let id = SourceId::new;
    let replay = Replay::new()
        .source(id(2), stamped(&[3, 3]))
        .source(id(0), stamped(&[3, 4, 4]))
        .source(id(1), stamped(&[1, 3, 4]));
    let order: Vec<_> = replay
        .map(Result::unwrap)
        .map(|event| (event.position, event.stamp.get(), event.source.get(), event.sequence.get()))
        .collect();
    let expected = [
        (0, 1, 1, 0),
        (1, 3, 0, 0),
        (2, 3, 1, 1),
        (3, 3, 2, 0),
        (4, 3, 2, 1),
        (5, 4, 0, 1),
        (6, 4, 0, 2),
        (7, 4, 1, 2),
    ];
    assert_eq!(order, expected);
}

#[test]
fn a_replay_of_nothing_is_empty() {
    assert!(Replay::<std::vec::IntoIter<(Stamp, u64)>>::new().next().is_none());
    let mut replay = Replay::new().source(SourceId::new(0), stamped(&[]));
    assert!(replay.next().is_none() && replay.next().is_none());
}

#[test]
fn stamps_that_go_back_end_the_replay_with_an_error() {
    let good = stamped(&[1, 5, 9]);
    let bad = stamped(&[2, 6, 3, 7]);
    let mut replay = Replay::new().source(SourceId::new(0), good).source_from(
        SourceId::new(1),
        Sequence::new(40),
        bad,
    );
    let heard: Vec<_> = replay.by_ref().map_while(Result::ok).map(|event| event.event).collect();
    // Up to the event before, all is certain.
    assert_eq!(heard, [10, 20, 50, 60]);
    assert!(replay.next().is_none());

    let error = Replay::new()
        .source_from(SourceId::new(1), Sequence::new(40), stamped(&[2, 6, 3, 7]))
        .find_map(Result::err)
        .unwrap();
    assert_eq!((error.source().get(), error.sequence().get()), (1, 42));
    assert_eq!((error.stamp().get(), error.before().get()), (3, 6));
    assert_eq!(error.to_string(), "the stamps of source 1 go back at sequence 42: 3 after 6");
}

#[test]
fn a_replay_takes_an_event_from_a_log_only_when_it_must() {
    let taken = std::cell::Cell::new(0);
    let log = || {
        (0_u64..).inspect(|_| taken.set(taken.get() + 1)).map(|stamp| (Stamp::new(stamp), stamp))
    };
    let replay = Replay::new().source(SourceId::new(0), log());
    assert_eq!(taken.get(), 1);
    // Logs may be endless.
    assert_eq!(replay.take(10).map(Result::unwrap).last().unwrap().event, 9);
    assert_eq!(taken.get(), 10);
}

#[test]
#[should_panic(expected = "there are two logs of source 3")]
fn two_logs_of_one_source_are_refused() {
    let log = || stamped(&[1]);
    let _ = Replay::new().source(SourceId::new(3), log()).source(SourceId::new(3), log());
}

#[test]
fn a_replay_promises_no_more_events_than_it_gives() {
    let replay = Replay::new()
        .source(SourceId::new(0), stamped(&[1, 2, 3]))
        .source(SourceId::new(1), stamped(&[1, 9]));
    let (least, most) = replay.size_hint();
    let events = replay.count();
    assert!(least <= events && events <= most.unwrap());
}
