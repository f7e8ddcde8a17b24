//! A consumer goes on when the type of the stream has changed, and stops at what it does not know.

mod common;

use broadring_log::codec::{Codec, Fixed, Postcard, SchemaId};
use broadring_log::{BoxError, ConsumeError, Consumer, Log, ReadError, Transactional};
use common::consumers::Memory;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Old {
    amount: u32,
}

#[derive(Deserialize, Serialize)]
struct New {
    amount: u64,
    currency: String,
}

impl From<Old> for New {
    fn from(old: Old) -> Self {
        Self { amount: old.amount.into(), currency: "EUR".to_owned() }
    }
}

fn old() -> Postcard<Old> {
    Postcard::new(1)
}

fn new() -> Postcard<New> {
    Postcard::new(2).reading::<Old>(1)
}

/// A log of which the first events are of the old type, and the others of the new one, in one batch.
fn log() -> (tempfile::TempDir, Log) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    for amount in 0..5 {
        log.push(&old(), &Old { amount }).unwrap();
    }
    for amount in 5..10 {
        log.push(&new(), &New { amount, currency: "USD".to_owned() }).unwrap();
    }
    log.end_batch().unwrap();
    (directory, log)
}

type Transaction<'t> = <Memory as Transactional>::Transaction<'t>;

#[allow(clippy::unnecessary_wraps)]
fn note(transaction: &mut Transaction<'_>, amount: u64) -> Result<(), BoxError> {
    transaction.copy.effects.push(amount);
    Ok(())
}

#[test]
fn a_consumer_goes_on_with_the_new_type_where_the_old_one_has_stopped() {
    let (_directory, log) = log();
    let mut consumer = Consumer::open(&log.reader(), "amounts", old(), Memory::default()).unwrap();
    let refused = consumer.run(|transaction, _, order| note(transaction, order.amount.into()));
    let Err(ConsumeError::Read(ReadError::OtherSchema { sequence, expected, found })) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!((sequence, expected, found), (5.into(), SchemaId(1), SchemaId(2)));
    let store = consumer.close().unwrap();
    assert_eq!(store.effects, Vec::from_iter(0..5));

    let mut consumer = Consumer::open(&log.reader(), "amounts", new(), store).unwrap();
    let events = consumer.run(|transaction, sequence, order| {
        assert_eq!(order.currency, if sequence < 5.into() { "EUR" } else { "USD" });
        note(transaction, order.amount)
    });
    assert_eq!(events.unwrap(), 5);
    assert_eq!(consumer.store().effects, Vec::from_iter(0..10));
}

#[test]
fn the_new_type_is_read_from_old_records() {
    let (_directory, log) = log();
    let mut consumer = Consumer::open(&log.reader(), "amounts", new(), Memory::default()).unwrap();
    consumer.run(|transaction, _, order| note(transaction, order.amount)).unwrap();
    assert_eq!(consumer.store().effects, Vec::from_iter(0..10));
}

/// Why the first event of the log cannot be read with a codec.
fn refused<C: Codec>(log: &Log, codec: &C) -> ReadError {
    let mut frames = log.reader().from(0).unwrap();
    let frame = frames.next_frame().unwrap().unwrap();
    let mut events = frame.decode(codec);
    let error = events.next().unwrap().err().unwrap();
    assert!(events.next().is_none());
    error
}

#[test]
fn another_codec_or_version_is_named_in_the_error() {
    let (_directory, log) = log();
    assert_eq!(
        refused(&log, &Fixed::<u64>::new(1)).to_string(),
        "event 0 was written with the codec postcard, not fixed"
    );
    // It has the right number of bytes now and then, which is no reason to take one type for the other.
    assert_eq!(
        refused(&log, &Postcard::<Old>::new(3)).to_string(),
        "event 0 has version 1 of its type, which the codec for version 3 does not read"
    );
}
