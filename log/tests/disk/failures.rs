//! Whatever the disk refuses: nothing is lost while the log is there to try again, and nothing that was durable.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use broadring_log::codec::{Bytes, Codec, CodecId, DecodeError, EncodeError, SchemaId};
use broadring_log::{Durability, Log, LogReader, Retention};

use crate::common::{Disk, disk::Faults, read, setting};
use crate::stream::Stream;

/// One log on a disk that refuses this or that.
fn round(seed: u64) {
    let mut stream = Stream::new(Disk::new(seed), seed);
    stream.open();
    for _ in 0..6 {
        let faults = match stream.random.below(3) {
            0 => Faults { one_in: Some(2 + stream.random.below(20)), ..Faults::default() },
            1 => {
                let from = stream.disk.calls() + stream.random.below(40);
                Faults {
                    failing: Some(from..from + 1 + stream.random.below(30)),
                    ..Faults::default()
                }
            }
            _ => {
                Faults { one_in: Some(1 + stream.random.below(3)), full: true, ..Faults::default() }
            }
        };
        stream.disk.set_faults(faults);
        for _ in 0..10 + stream.random.below(20) {
            let _ = stream.act();
            if !stream.is_open() {
                break;
            }
        }
        match stream.random.below(4) {
            0 => stream.kill(),
            1 => stream.cut_power(),
            _ => stream.disk.set_faults(Faults::default()),
        }
        if stream.is_open() {
            stream.sync_everything();
            stream.check();
            if stream.random.once_in(2) {
                stream.cut_power();
                stream.open();
            }
        } else {
            stream.open();
        }
    }
}

#[test]
fn a_disk_that_refuses_loses_nothing() {
    for seed in 0..setting("BROADRING_LOG_FAILURES", 150) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| round(seed))) {
            eprintln!("the seed is {seed}");
            resume_unwind(panic);
        }
    }
}

fn event(number: u64) -> Vec<u8> {
    vec![number as u8; (number * 37 % 150) as usize]
}

/// Pushes events, in batches, whatever fails; then syncs, and returns how often that was tried.
fn write(log: &mut Log) -> u32 {
    for number in 0..40 {
        assert_eq!(log.push(&Bytes, &event(number)).unwrap().get(), number);
        if number % 3 == 2 {
            let _ = log.end_batch();
        }
        if number == 20 {
            let _ = log.reader().checkpoint("consumer").map(|mut consumer| consumer.store(15));
        }
    }
    let mut tries = 1;
    while log.sync().is_err() {
        tries += 1;
        assert!(tries < 100, "it never succeeds");
    }
    tries
}

#[test]
fn each_failure_alone_loses_nothing() {
    let policies = [
        Durability::EveryBatch,
        Durability::System,
        Durability::Interval(Duration::from_secs(3600)),
    ];
    for policy in policies {
        let options = Log::options().segment_bytes(500).frame_bytes(100).durability(policy);
        let options = options.retention(Retention::EVERYTHING.bytes(1500));
        let disk = Disk::new(1);
        let mut log = options.open_on(disk.storage()).unwrap();
        let begin = disk.calls();
        write(&mut log);
        let calls = disk.calls() - begin;
        assert!(calls > 40, "{calls}");
        for call in 0..calls {
            for (full, length) in [(false, 1), (true, 1), (false, 4)] {
                let disk = Disk::new(call);
                let mut log = options.open_on(disk.storage()).unwrap();
                let failing = disk.calls() + call..disk.calls() + call + length;
                disk.set_faults(Faults { failing: Some(failing), full, ..Faults::default() });
                write(&mut log);
                assert_eq!(log.durable(), 40.into());
                let reader = LogReader::open_on(disk.storage()).unwrap();
                assert_eq!(reader.committed().unwrap(), Some(40.into()), "others were not told");
                disk.cut_power();
                drop(log);
                let log = options.open_on(disk.storage()).unwrap();
                assert_eq!(log.next_sequence(), 40.into(), "call {call}");
                let (events, error) = read(&log.reader(), log.oldest().get());
                assert!(error.is_none(), "call {call}: {error:?}");
                let expected = (log.oldest().get()..40).map(|number| (number, event(number)));
                assert!(events == expected.collect::<Vec<_>>(), "call {call}");
            }
        }
    }
}

#[test]
fn what_the_system_has_forgotten_after_syncing_failed_does_not_count_as_durable() {
    let options = Log::options().segment_bytes(1 << 20).durability(Durability::System);
    let disk = Disk::new(1);
    let mut log = options.open_on(disk.storage()).unwrap();
    for number in 0..3 {
        log.push(&Bytes, &event(number)).unwrap();
        log.end_batch().unwrap();
    }
    assert_eq!(log.unsynced_bytes(), 0);
    let failing = Some(disk.calls()..disk.calls() + 1);
    disk.set_faults(Faults { failing, reverts: true, ..Faults::default() });
    assert!(log.sync().is_err());
    let error = log.sync().unwrap_err();
    assert!(error.to_string().contains("lost from byte 64 on"), "{error}");
    assert_eq!(log.durable(), 0.into());
}

#[test]
fn a_segment_that_could_not_be_removed_is_removed_later() {
    let options = Log::options().segment_bytes(200);
    let disk = Disk::new(1);
    let mut log = options.open_on(disk.storage()).unwrap();
    for number in 0..30 {
        log.push(&Bytes, &event(number)).unwrap();
        log.end_batch().unwrap();
    }
    log.close().unwrap();
    let mut log =
        options.retention(Retention::EVERYTHING.bytes(1)).open_on(disk.storage()).unwrap();
    let segments = || disk.image().into_keys().filter(|name| name.ends_with(".frames")).count();
    let before = segments();
    // The manifest takes six calls.
    let removing = disk.calls() + 6 + 2;
    disk.set_faults(Faults { failing: Some(removing..removing + 2), ..Faults::default() });
    assert!(log.retain().is_err());
    assert!(segments() < before, "the failure came too early");
    assert!(log.retain().is_err());
    assert!(log.retain().is_ok());
    assert!(segments() <= 1, "{}", segments());
    assert_eq!(log.push(&Bytes, &event(30)).unwrap(), 30.into());
    log.close().unwrap();
    let log = Log::options().open_on(disk.storage()).unwrap();
    assert_eq!(log.next_sequence(), 31.into());
}

/// Panics in the middle of a record, if it is told to.
struct Panics;

impl Codec for Panics {
    type Event = (u8, bool);
    type View<'a> = u8;

    fn id(&self) -> CodecId {
        CodecId::custom(1)
    }

    fn encode(&self, event: &(u8, bool), record: &mut Vec<u8>) -> Result<(), EncodeError> {
        record.push(event.0);
        assert!(!event.1, "it was told to");
        Ok(())
    }

    fn view(&self, _: SchemaId, record: &[u8]) -> Result<u8, DecodeError> {
        Ok(record[0])
    }

    fn decode(&self, _: SchemaId, record: &[u8]) -> Result<(u8, bool), DecodeError> {
        Ok((record[0], false))
    }
}

#[test]
fn a_codec_that_panics_leaves_the_log_as_it_was() {
    let disk = Disk::new(1);
    let mut log = Log::options().open_on(disk.storage()).unwrap();
    let mut expected = Vec::new();
    for number in 0..20_u8 {
        let panics = number % 3 == 0;
        let pushed = catch_unwind(AssertUnwindSafe(|| log.push(&Panics, &(number, panics))));
        assert_eq!(pushed.is_err(), panics);
        if !panics {
            expected.push((expected.len() as u64, vec![number]));
        }
        if number % 5 == 0 {
            log.end_batch().unwrap();
        }
    }
    drop(log);
    let log = Log::options().open_on(disk.storage()).unwrap();
    assert_eq!(log.recovery().cut(), None);
    let (events, error) = read(&log.reader(), 0);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(events, expected);
}
