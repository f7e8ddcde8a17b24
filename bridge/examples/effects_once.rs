//! Balances that are right on another machine, although everything there ends again and again.
//!
//! Payments are shipped into a stream; some of them are sent twice, because their producer does not know that they have
//! arrived. On another machine a mirror has them in a ring, a journal writes them into a log, and a consumer adds them up
//! in a database, with its position in the same transaction. All of that is stopped in the middle and begun anew, some
//! times. At the end each payment was added once.
//!
//! ```text
//! cargo run --release -p broadring-jetstream --example effects_once
//! ```
//!
//! With a `nats-server` on the path the stream is at three servers on this machine, and otherwise in a log.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use broadring::Ring;
use broadring_jetstream::servers::{Servers, find_program};
use broadring_jetstream::{Shipper, Stream, StreamOptions};
use broadring_log::codec::Postcard;
use broadring_log::{BoxError, Consumer, Journal, Log, MessageId, Window};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

/// A payment: its id, the account, and the amount.
type Payment = (MessageId, u64, u64);

const PAYMENTS: u64 = 20_000;
const ACCOUNTS: u64 = 5;
/// How often the other machine ends in the middle.
const ENDS: usize = 4;
const BALANCES: TableDefinition<'_, u64, u64> = TableDefinition::new("balances");

fn codec() -> Postcard<Payment> {
    Postcard::new(1)
}

fn payment(number: u64) -> Payment {
    (MessageId { producer: 1, number }, number % ACCOUNTS, number)
}

fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let directory = directory.path();
    let (stream, _servers) = open(directory)?;

    let writer = stream.clone();
    let writer = thread::spawn(move || write(&writer));
    let elsewhere = directory.join("elsewhere");
    std::fs::create_dir(&elsewhere)?;
    for _ in 0..ENDS {
        let added = read(&stream, &elsewhere, false)?;
        println!("stopped in the middle: {added} payments are added up by now");
    }
    let repeated = writer.join().expect("the writer does not panic")?;
    let added = read(&stream, &elsewhere, true)?;
    println!("{added} payments were added up, and {repeated} repetitions dropped\n");

    let database = Database::create(elsewhere.join("balances.redb"))?;
    let transaction = database.begin_read()?;
    let balances = transaction.open_table(BALANCES)?;
    for account in 0..ACCOUNTS {
        let found = balances.get(account)?.map_or(0, |balance| balance.value());
        let expected: u64 = (0..PAYMENTS).filter(|number| number % ACCOUNTS == account).sum();
        println!("account {account}: {found:>10}");
        ensure!(found == expected, "account {account} should have {expected}");
    }
    println!("\neach payment was added once");
    Ok(())
}

/// The stream: at servers if there is a program for them, and otherwise in a log.
fn open(directory: &Path) -> Result<(Stream, Option<Servers>)> {
    if find_program().is_none() {
        println!("there is no nats-server on the path: the stream is a log");
        return Ok((Stream::embedded(directory.join("stream")), None));
    }
    let servers = Servers::start(3)?;
    let options = StreamOptions::new("payments").servers(servers.urls()).create(true);
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        match options.clone().connect() {
            // They do not have a leader yet.
            Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(100)),
            connected => return Ok((connected?, Some(servers))),
        }
    }
}

/// Ships all payments, every seventh of which comes twice. Returns how many were dropped.
fn write(stream: &Stream) -> Result<u64> {
    let leadership = stream.candidate("till").campaign()?;
    let (mut writer, ring) =
        Ring::builder(1024).first_sequence(leadership.next_sequence()).build(|| payment(0));
    let shipper = Shipper::builder(leadership, codec()).start(&ring)?;
    let mut window = Window::new(1000, 1);
    let mut dropped = 0;
    for number in 0..PAYMENTS {
        let again = (number % 7 == 0).then_some(number);
        for number in [number].into_iter().chain(again) {
            let payment = payment(number);
            let sent = window.once(payment.0, || {
                shipper.publish(&mut writer, payment).map_err(|stopped| stopped.failure().clone())
            })?;
            dropped += u64::from(sent.is_none());
        }
        if number % 100 == 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }
    drop(writer);
    shipper.join()?;
    Ok(dropped)
}

/// What the other machine does: from the stream into a ring, from there into a log, and from there into the database.
/// Returns how many payments are in the database.
fn read(stream: &Stream, directory: &Path, to_the_end: bool) -> Result<u64> {
    let log = Log::open(directory.join("log"))?;
    let reader = log.reader();
    let (writer, ring) =
        Ring::builder(1024).first_sequence(log.next_sequence()).build(|| payment(0));
    let journal = Journal::builder(log, codec()).start(&ring)?;
    let mirror = stream.mirror(codec()).until_resigned(true).start(writer);

    let database = Database::create(directory.join("balances.redb"))?;
    let mut consumer = Consumer::open(&reader, "balances", codec(), database)?;
    let until = Instant::now() + Duration::from_millis(250);
    if to_the_end {
        // Until the log ends, which ends with the ring, which ends with the mirror.
        mirror.join()?;
        journal.join()?.close()?;
        consumer.run(add)?;
    } else {
        while Instant::now() < until {
            consumer.wait_batch(Some(until), add)?;
        }
        mirror.stop();
        mirror.join()?;
        // Whatever the journal has by now and the consumer has not is there the next time.
        journal.join()?.close()?;
    }
    let position = consumer.position()?.context("it has a position")?;
    Ok(position.into())
}

/// The effect of a payment.
fn add(
    transaction: &mut WriteTransaction,
    _: broadring::Sequence,
    (_, account, amount): Payment,
) -> Result<(), BoxError> {
    let mut balances = transaction.open_table(BALANCES)?;
    let balance = balances.get(account)?.map_or(0, |balance| balance.value());
    balances.insert(account, balance + amount)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_payment_is_added_once() {
        super::main().unwrap();
    }
}
