//! Account balances that are right, although the program that adds them up is killed again and again.
//!
//! Payments are written into a log. Another process reads them, and adds them to the balances of accounts in an SQLite
//! database. Adding is not idempotent: a payment that is added twice, or not at all, spoils a balance for good. So the
//! position of the consumer is committed in the same transaction as the balances. This program starts the consumer as
//! a child process, kills it at random moments, starts it again, and compares the balances with the log at the end.
//!
//! ```text
//! cargo run --release -p broadring-log --features sqlite --example exactly_once
//! ```

mod balances;
mod payments;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use broadring_log::{Log, LogReader};

const PAYMENTS: u64 = 30_000;
/// How long it takes to write them all.
const WRITING: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    if let [_, word, directory] = &*std::env::args().collect::<Vec<_>>()
        && word == "consume"
    {
        return consume(Path::new(directory));
    }
    let directory = tempfile::tempdir()?;
    let directory = directory.path();
    println!(
        "{PAYMENTS} payments are written into a log. A consumer adds them up, and is killed.\n"
    );

    let mut log = Log::open(directory.join("log"))?;
    let writer = thread::spawn(move || {
        payments::write(&mut log, PAYMENTS, WRITING)?;
        anyhow::Ok(log.close()?)
    });
    println!("{:>4}  {:>14}  {:>14}  {:>12}", "run", "begins with", "ends before", "killed after");
    let mut run = 0;
    while !writer.is_finished() {
        run += 1;
        let (mut child, begin) = start(directory)?;
        let time = Duration::from_millis(50 + balances::random() % 400);
        thread::sleep(time);
        child.kill()?; // SIGKILL on Unix: it learns nothing of it
        child.wait()?;
        let end = balances::position(directory)?;
        println!("{run:>4}  {begin:>14}  {end:>14}  {:>9} ms", time.as_millis());
    }
    writer.join().expect("the writer does not panic")?;
    run += 1;
    // The log has ended, so this one ends by itself.
    let before = Instant::now();
    let (mut child, begin) = start(directory)?;
    ensure!(child.wait()?.success(), "the consumer has failed");
    let end = balances::position(directory)?;
    println!("{run:>4}  {begin:>14}  {end:>14}  {:>12}", "not killed");
    println!("\nThe last run has taken {} ms.\n", before.elapsed().as_millis());

    let expected = payments::fold(&LogReader::open(directory.join("log"))?)?;
    let found = balances::read(directory)?;
    println!("{:>8}  {:>14}  {:>14}", "account", "in SQLite", "by the log");
    for (account, balance) in &expected {
        let found = found.get(account).copied().unwrap_or_default();
        println!("{account:>8}  {found:>14}  {balance:>14}");
    }
    ensure!(found == expected, "the balances are not those of the log");
    println!("\nEach payment has been added once: the balances are those of the log.");
    Ok(())
}

/// Starts the consumer in a process of its own, and waits until it is about to read. Returns where it begins.
fn start(directory: &Path) -> Result<(Child, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("consume")
        .arg(directory)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let out = child.stdout.take().context("the output of the child is piped")?;
    BufReader::new(out).read_line(&mut line)?;
    Ok((child, line.trim().to_owned()))
}

/// What the child does: consumes until the log ends.
fn consume(directory: &Path) -> Result<()> {
    let mut consumer = balances::consumer(directory)?;
    println!("{}", consumer.position()?.unwrap_or_default());
    while consumer.wait_batch(None, balances::add)?.is_some() {}
    consumer.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balances_are_those_of_the_log_also_when_a_batch_has_failed() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let mut log = Log::open(directory.join("log")).unwrap();
        payments::write(&mut log, 2000, Duration::ZERO).unwrap();
        let expected = payments::fold(&log.reader()).unwrap();
        for refused in [3, 500, 777, 1999] {
            let failed =
                balances::consumer(directory).unwrap().run(|transaction, sequence, payment| {
                    balances::add(transaction, sequence, payment)?;
                    if sequence == refused.into() { Err("killed".into()) } else { Ok(()) }
                });
            assert!(failed.is_err());
        }
        balances::consumer(directory).unwrap().run(balances::add).unwrap();
        assert_eq!(balances::read(directory).unwrap(), expected);
        assert_eq!(balances::position(directory).unwrap(), 2000.into());
    }
}
