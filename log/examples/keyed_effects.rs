//! One invoice for each order, although the printer fails again and again.
//!
//! Orders are in a log. For each of them a file is to be written: an invoice. Files know no transactions, so the
//! position of the consumer cannot be committed together with them. Instead each invoice has the sequence of its order
//! as its name: an invoice that is written again replaces itself. The position is the checkpoint beside the log, which
//! is stored when the invoices before it are on the disk.
//!
//! ```text
//! cargo run --release -p broadring-log --example keyed_effects
//! ```

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use broadring::Sequence;
use broadring_log::codec::Postcard;
use broadring_log::{BoxError, ConsumeError, KeyedConsumer, KeyedStore, Log};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Order {
    customer: String,
    cents: u64,
}

fn codec() -> Postcard<Order> {
    Postcard::new(1)
}

fn order(number: u64) -> Order {
    let customer = ["Ann", "Bob", "Cleo"][(number % 3) as usize].to_owned();
    Order { customer, cents: number * 7919 % 100_000 }
}

/// A directory of invoices.
struct Invoices {
    directory: PathBuf,
    /// How many were written, repetitions among them.
    written: u64,
    /// How many more the printer writes before it fails.
    paper: u64,
}

impl Invoices {
    fn path(&self, sequence: Sequence) -> PathBuf {
        self.directory.join(format!("{:08}.txt", u64::from(sequence)))
    }

    /// Writes an invoice. It is there as a whole, or not at all.
    fn print(&mut self, sequence: Sequence, order: &Order) -> Result<(), BoxError> {
        if self.paper == 0 {
            return Err("the printer is out of paper".into());
        }
        self.paper -= 1;
        let path = self.path(sequence);
        let draft = path.with_extension("draft");
        let mut file = File::create(&draft)?;
        file.write_all(text(sequence, order).as_bytes())?;
        file.sync_data()?;
        fs::rename(&draft, path)?;
        self.written += 1;
        Ok(())
    }
}

impl KeyedStore for Invoices {
    fn sync(&mut self) -> Result<(), BoxError> {
        // The content of each file is on the disk. What is left is which files there are.
        Ok(File::open(&self.directory)?.sync_all()?)
    }
}

fn text(sequence: Sequence, order: &Order) -> String {
    let (euros, cents) = (order.cents / 100, order.cents % 100);
    format!("Invoice {sequence}\n\n{} owes {euros}.{cents:02} euros.\n", order.customer)
}

fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (invoices, written) = run(directory.path(), 500)?;
    println!(
        "\n{invoices} orders, and {invoices} invoices, each of them right. {} were written twice.",
        written - invoices
    );
    Ok(())
}

/// Returns how many invoices there are, and how many were written.
fn run(directory: &Path, orders: u64) -> Result<(u64, u64)> {
    let mut log = Log::open(directory.join("log"))?;
    for number in 0..orders {
        log.push(&codec(), &order(number))?;
    }
    log.end_batch()?;
    let directory = directory.join("invoices");
    fs::create_dir(&directory)?;
    let mut invoices = Invoices { directory, written: 0, paper: 0 };
    for attempt in 1.. {
        invoices.paper = 90 + attempt * 13;
        // As a process would do it that is started again.
        let mut consumer =
            KeyedConsumer::open(&log.reader(), "invoices", codec(), invoices)?.events_per_batch(40);
        let begin = consumer.position().unwrap_or_default();
        let printed = consumer.run(|invoices, sequence, order| invoices.print(sequence, &order));
        let end = consumer.position().unwrap_or_default();
        match &printed {
            Ok(_) => println!("run {attempt} begins with order {begin}, and comes to the end"),
            Err(error @ ConsumeError::Effect { .. }) => {
                println!("run {attempt} begins with order {begin}: {error}. The position is {end}");
            }
            Err(_) => {}
        }
        invoices = consumer.into_store();
        match printed {
            Ok(_) => break,
            Err(ConsumeError::Effect { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for number in 0..orders {
        let found = fs::read_to_string(invoices.path(number.into()))?;
        ensure!(found == text(number.into(), &order(number)), "invoice {number} is wrong");
    }
    let found = fs::read_dir(&invoices.directory)?.count() as u64;
    // A draft that was not renamed is no invoice.
    ensure!(found == orders, "there are {found} invoices");
    Ok((found, invoices.written))
}

#[test]
fn there_is_one_invoice_for_each_order() {
    let directory = tempfile::tempdir().unwrap();
    let (invoices, written) = run(directory.path(), 300).unwrap();
    assert_eq!(invoices, 300);
    assert!(written > 300, "the printer has not failed");
}
