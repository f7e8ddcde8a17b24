//! Whatever is done to a log, it answers as a list of events does, of which the front can be removed and the unsynced
//! end can be lost.

#[path = "common/mod.rs"]
mod common;

use std::time::Duration;

use broadring_log::codec::{Bytes, Fixed};
use broadring_log::{Durability, Log, LogOptions, LogReader, ReadError, Retention};
use common::{Disk, read};
use proptest::prelude::*;

/// What is done to a log.
#[derive(Clone, Debug)]
enum Op {
    Push(u8),
    PushFixed(u64),
    EndBatch,
    Sync,
    Reopen,
    /// The process dies, and the power is cut.
    Crash {
        power: bool,
    },
    Retain,
    /// Stores a checkpoint, so far behind what is committed.
    Store(u8),
    RemoveCheckpoint,
    /// Reads from a place, of so many 256ths of what there is.
    Read(u8),
    /// Reads from the stamp of the frame in such a place.
    ReadStamp(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => any::<u8>().prop_map(Op::Push),
        4 => any::<u64>().prop_map(Op::PushFixed),
        6 => Just(Op::EndBatch),
        2 => Just(Op::Sync),
        1 => Just(Op::Reopen),
        1 => any::<bool>().prop_map(|power| Op::Crash { power }),
        1 => Just(Op::Retain),
        2 => any::<u8>().prop_map(Op::Store),
        1 => Just(Op::RemoveCheckpoint),
        2 => any::<u8>().prop_map(Op::Read),
        1 => any::<u8>().prop_map(Op::ReadStamp),
    ]
}

/// The log, and the list.
struct Pair {
    disk: Disk,
    options: LogOptions,
    log: Log,
    first: u64,
    /// The events from `first` on.
    events: Vec<Vec<u8>>,
    /// How far they are in batches that were ended.
    ended: u64,
    system: bool,
    retention: Retention,
    checkpoint: Option<u64>,
}

impl Pair {
    fn new(seed: u64, durability: Durability, retention: Retention, first: u64) -> Self {
        let disk = Disk::new(seed);
        let options = Log::options()
            .segment_bytes(300 + seed % 700)
            .frame_bytes(40 + (seed % 300) as usize)
            .durability(durability)
            .retention(retention)
            .first_sequence(first);
        let log = options.open_on(disk.storage()).unwrap();
        assert!(log.recovery().is_new());
        Self {
            disk,
            log,
            options,
            first,
            events: Vec::new(),
            ended: first,
            system: durability == Durability::System,
            retention,
            checkpoint: None,
        }
    }

    fn next(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    fn expected(&self, from: u64, end: u64) -> Vec<(u64, Vec<u8>)> {
        (from..end).map(|at| (at, self.events[(at - self.first) as usize].clone())).collect()
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Push(length) => {
                let event = vec![self.next() as u8; length as usize / 2];
                assert_eq!(self.log.push(&Bytes, &event).unwrap().get(), self.next());
                self.events.push(event);
            }
            Op::PushFixed(event) => {
                let event = event.to_le_bytes();
                assert_eq!(self.log.push(&Fixed::new(5), &event).unwrap().get(), self.next());
                self.events.push(event.to_vec());
            }
            Op::EndBatch => {
                self.log.end_batch().unwrap();
                self.ended = self.next();
            }
            Op::Sync => {
                assert_eq!(self.log.sync().unwrap().get(), self.next());
                self.ended = self.next();
                assert_eq!(self.log.durable().get(), self.next());
            }
            Op::Reopen => {
                let closed = std::mem::replace(&mut self.log, elsewhere()).close().unwrap();
                assert_eq!(closed.get(), self.next());
                self.ended = self.next();
                self.open(self.next()..self.next() + 1);
                assert_eq!(self.log.recovery().cut(), None);
            }
            Op::Crash { power } => {
                let durable = self.log.durable().get();
                match power {
                    true => self.disk.cut_power(),
                    false => self.disk.kill(),
                }
                self.log = elsewhere();
                // A process that dies leaves what it has written; what is lost with the power was not durable.
                let least = if power { durable } else { self.ended };
                self.open(least..self.ended + 1);
            }
            Op::Retain => {
                let oldest = self.log.oldest();
                let removed = self.log.retain().unwrap();
                assert_eq!(removed.sequences(), oldest..self.log.oldest());
                let nothing = self.retention.bytes.is_none() && !self.retention.consumed;
                assert!(!nothing || removed.segments() == 0);
            }
            Op::Store(behind) => {
                let committed = self.log.committed().get();
                let position = committed.saturating_sub(behind.into());
                let position = position.max(self.checkpoint.unwrap_or(self.log.oldest().get()));
                let mut checkpoint = self.log.reader().checkpoint("consumer").unwrap();
                assert_eq!(checkpoint.position().map(|at| at.get()), self.checkpoint);
                checkpoint.store(position).unwrap();
                self.checkpoint = Some(position);
            }
            Op::RemoveCheckpoint => {
                let removed = self.log.reader().remove_checkpoint("consumer");
                assert_eq!(removed.is_ok(), self.checkpoint.take().is_some());
            }
            Op::Read(place) => self.read(place),
            Op::ReadStamp(place) => self.read_stamp(place),
        }
        let committed = self.log.committed().get();
        assert!(committed <= self.ended.max(self.log.durable().get()));
        assert!(!self.system || committed >= self.ended);
        if let (Some(position), false) = (self.checkpoint, self.retention.despite_checkpoints) {
            assert!(self.log.oldest().get() <= position, "what a consumer needs was removed");
        }
    }

    /// Opens the log again, which has to end somewhere in a range.
    fn open(&mut self, end: std::ops::Range<u64>) {
        self.log = elsewhere();
        self.log = self.options.open_on(self.disk.storage()).unwrap();
        let next = self.log.next_sequence().get();
        assert!(end.contains(&next), "{next} is not in {end:?}");
        self.events.truncate((next - self.first) as usize);
        self.ended = next;
        if self.system {
            // What was committed and not durable may be lost, and then a consumer is ahead.
            self.checkpoint = self.checkpoint.map(|position| position.min(next));
            if let Some(position) = self.checkpoint {
                self.log.reader().checkpoint("consumer").unwrap().store(position).unwrap();
            }
        }
    }

    fn read(&self, place: u8) {
        let oldest = self.log.oldest().get();
        let committed = self.log.committed().get();
        let from = self.first + (self.next() - self.first) * u64::from(place) / 256;
        let other = LogReader::open_on(self.disk.storage()).unwrap();
        for reader in [self.log.reader(), other] {
            let (events, error) = read(&reader, from);
            if from < oldest {
                assert!(matches!(
                    error,
                    Some(ReadError::Removed { requested, oldest: found })
                        if requested.get() == from && found.get() == oldest
                ));
                assert!(events.is_empty());
            } else {
                assert!(error.is_none(), "{error:?}");
                assert_eq!(
                    events,
                    self.expected(from.min(committed), committed.max(from).min(committed))
                );
            }
        }
    }

    fn read_stamp(&self, place: u8) {
        let reader = self.log.reader();
        let mut frames = reader.from(reader.oldest().unwrap()).unwrap();
        let mut stamps = Vec::new();
        while let Some(frame) = frames.next_frame().unwrap() {
            stamps.push((frame.stamp(), frame.first_sequence().get()));
        }
        assert!(stamps.is_sorted(), "{stamps:?}");
        let Some((stamp, _)) = stamps.get(stamps.len() * place as usize / 256) else {
            return;
        };
        for stamp in [*stamp, stamp - 1, stamp + 1] {
            let first = stamps.iter().find(|frame| frame.0 >= stamp);
            let mut frames = reader.from_stamp(stamp).unwrap();
            let frame = frames.next_frame().unwrap();
            assert_eq!(
                frame.map(|frame| (frame.stamp(), frame.first_sequence().get())),
                first.copied()
            );
        }
    }
}

/// A log that is not looked at, to have one while another is opened.
fn elsewhere() -> Log {
    Log::options().open_on(Disk::new(0).storage()).unwrap()
}

fn durability() -> impl Strategy<Value = Durability> {
    let long = Duration::from_secs(3600);
    prop_oneof![
        Just(Durability::EveryBatch),
        Just(Durability::System),
        Just(Durability::Interval(long)),
        Just(Durability::Every { events: 4, within: long }),
    ]
}

fn retention() -> impl Strategy<Value = Retention> {
    let everything = Retention::EVERYTHING;
    prop_oneof![
        Just(everything),
        Just(everything.bytes(1500)),
        Just(everything.consumed()),
        Just(everything.bytes(800).despite_checkpoints()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_answers_as_a_list_does(
        seed in any::<u64>(),
        durability in durability(),
        retention in retention(),
        first in prop_oneof![Just(0), Just(7), Just(1 << 40)],
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut pair = Pair::new(seed, durability, retention, first);
        for op in ops {
            pair.apply(op);
        }
        pair.apply(Op::Sync);
        pair.apply(Op::Read(0));
        pair.apply(Op::Read(200));
        pair.apply(Op::Reopen);
        pair.apply(Op::Read(100));
    }
}
