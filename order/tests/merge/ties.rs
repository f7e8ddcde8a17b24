//! Events with equal stamps come in the order of their writers, however they are read and however few
//! of them a batch lends: the order is that of a replay.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use broadring::TryReadError;
use broadring_order::clock::Clock;
use broadring_order::{Merged, Replay, Stamp, Writers};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::common::{finite, mixed};

/// A clock that shows what it is told to, and stamps with what it is told to.
#[derive(Clone)]
struct Told<const EXCLUSIVE: bool> {
    shows: Arc<AtomicU64>,
    stamps: Arc<AtomicU64>,
}

impl<const EXCLUSIVE: bool> Told<EXCLUSIVE> {
    fn new() -> Self {
        Self { shows: Arc::default(), stamps: Arc::default() }
    }
}

impl<const EXCLUSIVE: bool> Clock for Told<EXCLUSIVE> {
    const EXCLUSIVE: bool = EXCLUSIVE;

    fn now(&self) -> Stamp {
        Stamp::new(self.shows.load(Ordering::SeqCst))
    }

    fn stamp(&self, latest: Stamp) -> Stamp {
        Stamp::new(self.stamps.load(Ordering::SeqCst)).max(latest)
    }

    fn cut(&self) -> Stamp {
        self.now()
    }
}

/// How a reader takes what there is.
#[derive(Clone, Copy, Debug)]
enum Taking {
    OneByOne,
    /// A batch, of which so many are taken by one iterator and so many by the next, and then perhaps
    /// forgotten.
    Batch(usize, usize, bool),
    Fold,
    /// A handler that breaks after so many.
    Run(usize),
}

fn taking() -> impl Strategy<Value = Taking> {
    prop_oneof![
        Just(Taking::OneByOne),
        (0..5_usize, 0..5_usize, prop::bool::weighted(0.3))
            .prop_map(|(first, then, forget)| Taking::Batch(first, then, forget)),
        Just(Taking::Fold),
        (1..9_usize).prop_map(Taking::Run),
    ]
}

type Seen = (u64, Stamp, u32, u64, u64);

/// Takes what there is, this way and that, until there is nothing more.
fn take_all<C: Clock>(
    reader: &mut Merged<u64, C>,
    ways: &[Taking],
    seen: &mut Vec<Seen>,
    end: u64,
) {
    let mut ways = ways.iter().cycle();
    while reader.position() < end {
        let mut note = |position, stamp, source: u32, sequence, event| {
            seen.push((position, stamp, source, sequence, event));
        };
        match *ways.next().unwrap() {
            Taking::OneByOne => {
                let event = reader.try_recv().unwrap();
                let (source, sequence) = (event.source.get(), event.sequence.get());
                note(event.position, event.stamp, source, sequence, event.event);
            }
            Taking::Batch(first, then, forget) => {
                let mut batch = reader.try_batch().unwrap();
                let mut taken = Vec::new();
                for len in [first, then] {
                    taken.extend(batch.iter().take(len).map(|event| {
                        let (source, sequence) = (event.source.get(), event.sequence.get());
                        (event.position, event.stamp, source, sequence, *event.event)
                    }));
                }
                // What was lent by a batch that is forgotten comes again.
                if forget { mem::forget(batch) } else { seen.append(&mut taken) }
            }
            Taking::Fold => reader.try_batch().unwrap().iter().for_each(|event| {
                let (source, sequence) = (event.source.get(), event.sequence.get());
                note(event.position, event.stamp, source, sequence, *event.event);
            }),
            Taking::Run(len) => {
                let mut left = len.min((end - reader.position()) as usize);
                let stopped = reader.run_until(|event| {
                    let (source, sequence) = (event.source.get(), event.sequence.get());
                    note(event.position, event.stamp, source, sequence, *event.event);
                    left -= 1;
                    if left > 0 {
                        std::ops::ControlFlow::Continue(())
                    } else {
                        std::ops::ControlFlow::Break(())
                    }
                });
                stopped.unwrap();
            }
        }
    }
    assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
}

/// Each round is a list of publications that overlap: a writer, how much larger its stamp is than the
/// one before, and how many events.
type Round = Vec<(usize, u64, usize)>;

fn merges_as_the_replay_does<const EXCLUSIVE: bool>(
    writers: usize,
    capacity: usize,
    rounds: &[Round],
    ways: &[Taking],
) {
    let clock = Told::<EXCLUSIVE>::new();
    let (handle, order) = Writers::builder(capacity).clock(clock.clone()).build(|| u64::MAX);
    let mut reader = order.subscribe().unwrap();
    let mut writing: Vec<_> = (0..writers).map(|_| handle.join()).collect();
    let mut logs = vec![Vec::new(); writers];
    let mut published = 0_u64;
    let mut latest = 1;
    let mut owner = usize::MAX;
    let mut seen = Vec::new();
    clock.shows.store(latest, Ordering::SeqCst);
    for round in rounds {
        // Not before everything is there does the clock show more.
        for &(writer, by, len) in round {
            let index = writer % writers;
            // What only one writer is given changes with the writer.
            latest += if EXCLUSIVE { by.max(u64::from(owner != index)) } else { by };
            owner = index;
            let writer = &mut writing[index];
            clock.stamps.store(latest, Ordering::SeqCst);
            let Ok(mut claim) = writer.try_claim(len.min(capacity)) else { continue };
            let events = published..published + claim.len() as u64;
            published = events.end;
            for (slot, event) in claim.iter_mut().zip(events) {
                *slot = mixed(event);
            }
            let logged: Vec<u64> = claim.iter_mut().map(|slot| *slot).collect();
            let stamp = claim.publish();
            logs[index].extend(logged.into_iter().map(|event| (stamp, event)));
        }
        latest += 1;
        clock.shows.store(latest, Ordering::SeqCst);
        take_all(&mut reader, ways, &mut seen, published);
    }
    let replay = logs.into_iter().zip(0..).fold(Replay::new(), |replay, (log, source)| {
        replay.source(broadring_order::SourceId::new(source), log)
    });
    let expected: Vec<Seen> = replay
        .map(Result::unwrap)
        .map(|event| {
            let (source, sequence) = (event.source.get(), event.sequence.get());
            (event.position, event.stamp, source, sequence, event.event)
        })
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn publications_that_overlap_come_by_stamp_and_then_by_writer() {
    let cases = if cfg!(miri) { 4 } else { 400 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let publication = (0..7_usize, prop_oneof![3 => Just(0), 1 => 1..3_u64], 1..6_usize);
    let rounds = vec(vec(publication, 0..14), 1..6);
    let capacity = (0..6_u32).prop_map(|power| 1 << power);
    let ways = vec(taking(), 1..6).prop_filter("something is read", |ways| {
        !ways.iter().all(|way| matches!(way, Taking::Batch(0, 0, _) | Taking::Batch(_, _, true)))
    });
    finite(move || {
        proptest!(config, |(
            writers in 1..7_usize,
            capacity in capacity,
            rounds in rounds,
            ways in ways,
        )| {
            merges_as_the_replay_does::<false>(writers, capacity, &rounds, &ways);
            merges_as_the_replay_does::<true>(writers, capacity, &rounds, &ways);
        });
    });
}
