//! A consumer that is killed at any moment has each effect once.
//!
//! The consumer is a process of its own: this program, with the test `child` alone. Half of the time it is killed
//! after a random time, and half of the time at a certain point: in the middle of a transaction, before the commit, or
//! behind it. The moments come from a seed; whichever they are, what is in SQLite at the end must be the fold of the
//! log. The same check must find out a consumer that has its position in another transaction than the effects.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring_log::codec::Postcard;
use broadring_log::{Consumer, Durability, Log, LogReader, Position, Retention, Transactional};
use common::Random;
use rusqlite::{Connection, Error, OptionalExtension};
use serde::{Deserialize, Serialize};

/// What the child is told in its environment.
const TASK: &str = "BROADRING_TEST_TASK";

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Payment {
    account: u8,
    amount: i64,
}

fn codec() -> Postcard<Payment> {
    Postcard::new(1)
}

/// What the payments of an account add up to, how many they are, and a number that says which they were in which
/// order.
type Balance = (i64, i64, i64);

fn add((amount, count, digest): Balance, sequence: u64, payment: Payment) -> Balance {
    let digest = digest.wrapping_mul(31).wrapping_add(sequence.cast_signed() + 1);
    (amount + payment.amount, count + 1, digest)
}

type Balances = BTreeMap<u8, Balance>;

/// Where the child stops, and waits to be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// When one event of the batch has had its effect.
    Effect,
    /// Before the commit; where there are two, before the first.
    Commit,
    /// Between two commits.
    Between,
    /// When the batch is committed, and the checkpoint is not stored yet.
    Behind,
}

/// How the child keeps its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// In the transaction of the effects.
    Together,
    /// In another transaction, after the one of the effects.
    After,
    /// In another transaction, before the one of the effects.
    Before,
}

/// SQLite, and the points where the child stops.
struct Watched {
    effects: Connection,
    /// Where the position is if it is not with the effects.
    apart: Connection,
    keeping: Keeping,
    stop: Stop,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    at: Option<Point>,
    /// How often the point is passed before.
    passes: u64,
}

impl Stop {
    fn reach(&mut self, point: Point) {
        if self.at != Some(point) {
            return;
        }
        if self.passes > 0 {
            self.passes -= 1;
            return;
        }
        say("stopped");
        loop {
            thread::park();
        }
    }
}

struct Transaction<'t> {
    effects: rusqlite::Transaction<'t>,
    apart: &'t mut Connection,
    keeping: Keeping,
    stop: &'t mut Stop,
}

impl Transactional for Watched {
    type Transaction<'t> = Transaction<'t>;
    type Error = Error;

    fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(Transaction {
            effects: self.effects.begin()?,
            apart: &mut self.apart,
            keeping: self.keeping,
            stop: &mut self.stop,
        })
    }

    fn position(
        transaction: &mut Transaction<'_>,
        consumer: &str,
    ) -> Result<Option<Position>, Error> {
        match transaction.keeping {
            Keeping::Together => Connection::position(&mut transaction.effects, consumer),
            _ => Connection::position(&mut transaction.apart.begin()?, consumer),
        }
    }

    fn commit(
        transaction: Transaction<'_>,
        consumer: &str,
        position: Position,
    ) -> Result<(), Error> {
        let Transaction { effects, apart, keeping, stop } = transaction;
        let mut apart = || Connection::commit(apart.begin()?, consumer, position);
        stop.reach(Point::Commit);
        match keeping {
            Keeping::Together => Connection::commit(effects, consumer, position)?,
            Keeping::After => {
                effects.commit()?;
                stop.reach(Point::Between);
                apart()?;
            }
            Keeping::Before => {
                apart()?;
                stop.reach(Point::Between);
                effects.commit()?;
            }
        }
        stop.reach(Point::Behind);
        Ok(())
    }
}

fn connect(directory: &Path, name: &str) -> Connection {
    let connection = Connection::open(directory.join(name)).unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    // A process that is killed does not need the disk's cache to be flushed.
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
    connection
}

fn say(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "child: {word}").unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "the other tests run it, in a process of its own"]
fn child() {
    let Ok(task) = std::env::var(TASK) else {
        return; // somebody runs all the tests that are ignored
    };
    let [directory, keeping, point, passes] =
        task.splitn(4, '\n').collect::<Vec<_>>().try_into().unwrap();
    let directory = Path::new(directory);
    let keeping = match keeping {
        "Together" => Keeping::Together,
        "After" => Keeping::After,
        "Before" => Keeping::Before,
        other => panic!("{other}"),
    };
    let at = match point {
        "Effect" => Some(Point::Effect),
        "Commit" => Some(Point::Commit),
        "Between" => Some(Point::Between),
        "Behind" => Some(Point::Behind),
        _ => None,
    };
    let store = Watched {
        effects: connect(directory, "effects"),
        apart: connect(directory, "apart"),
        keeping,
        stop: Stop { at, passes: passes.parse().unwrap() },
    };
    let table = "CREATE TABLE IF NOT EXISTS balances
        (account INTEGER PRIMARY KEY, amount INTEGER, count INTEGER, digest INTEGER)";
    store.effects.execute(table, ()).unwrap();
    let reader = LogReader::open(directory.join("log")).unwrap();
    let mut consumer = Consumer::open(&reader, "balances", codec(), store)
        .unwrap()
        .events_per_batch(7)
        .checkpoint_every(Duration::ZERO);
    say("ready");
    loop {
        let batch = consumer.wait_batch(None, |transaction, sequence, payment| {
            let database = &transaction.effects;
            let balance = database
                .prepare_cached("SELECT amount, count, digest FROM balances WHERE account = ?1")?
                .query_row([payment.account], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?
                .unwrap_or_default();
            let (amount, count, digest) = add(balance, sequence.into(), payment);
            database
                .prepare_cached("INSERT OR REPLACE INTO balances VALUES (?1, ?2, ?3, ?4)")?
                .execute((payment.account, amount, count, digest))?;
            transaction.stop.reach(Point::Effect);
            Ok(())
        });
        if batch.unwrap().is_none() {
            break;
        }
    }
    consumer.close().unwrap();
    say("done");
}

/// Starts the child.
fn start(directory: &Path, keeping: Keeping, at: Option<Point>, passes: u64) -> Child {
    let at = at.map_or("None".to_owned(), |at| format!("{at:?}"));
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(TASK, format!("{}\n{keeping:?}\n{at}\n{passes}", directory.to_str().unwrap()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the child says a word.
fn hear(child: &mut Child, word: &str) {
    // What it says later is for others to hear, so nothing may be read ahead.
    let mut out = BufReader::with_capacity(1, child.stdout.as_mut().unwrap());
    let mut line = String::new();
    while !line.ends_with(&format!("child: {word}\n")) {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the child has ended before it was {word}");
    }
}

/// Kills the child. SIGKILL gives it no chance to do anything about it.
fn kill(mut child: Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "the child has ended before it was killed");
}

/// Lets a consumer go on to the end of the log.
fn finish(directory: &Path, keeping: Keeping) {
    let mut child = start(directory, keeping, None, 0);
    hear(&mut child, "done");
    assert!(child.wait().unwrap().success());
}

/// Writes payments on a thread until it is told to stop. Returns what they add up to.
fn write(mut log: Log, seed: u64, stop: Arc<AtomicBool>) -> JoinHandle<(Balances, u64)> {
    thread::spawn(move || {
        let mut random = Random::new(seed);
        let mut balances = Balances::new();
        while !stop.load(Ordering::Relaxed) {
            for _ in 0..=random.below(9) {
                let payment = Payment {
                    account: random.below(10) as u8,
                    amount: random.below(1000).cast_signed() - 300,
                };
                let sequence = log.push(&codec(), &payment).unwrap();
                let balance = balances.entry(payment.account).or_default();
                *balance = add(*balance, sequence.into(), payment);
            }
            log.end_batch().unwrap();
            thread::sleep(Duration::from_micros(500));
        }
        (balances, log.close().unwrap().into())
    })
}

/// What the log adds up to.
fn fold(directory: &Path) -> Balances {
    let reader = LogReader::open(directory.join("log")).unwrap();
    let mut balances = Balances::new();
    let mut frames = reader.from(0).unwrap();
    while let Some(frame) = frames.next_frame().unwrap() {
        for event in frame.decode(&codec()) {
            let (sequence, payment) = event.unwrap();
            let balance = balances.entry(payment.account).or_default();
            *balance = add(*balance, sequence.into(), payment);
        }
    }
    balances
}

/// What the effects are.
fn effects(directory: &Path) -> Balances {
    let database = connect(directory, "effects");
    let mut balances = database.prepare("SELECT * FROM balances").unwrap();
    let rows = balances
        .query_map((), |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// Has a consumer killed so many times while the log is written, and then compares.
fn survives(seed: u64, kills: u64, retention: Retention) {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let log = Log::options()
        .segment_bytes(16 << 10)
        .durability(Durability::System)
        .retention(retention)
        .open(directory.join("log"))
        .unwrap();
    // From now on the log keeps what the consumer needs, also while it is being started.
    drop(log.reader().checkpoint("balances").unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let writer = write(log, seed, Arc::clone(&stop));
    let mut random = Random::new(!seed);
    for _ in 0..kills {
        let points = [Point::Effect, Point::Commit, Point::Behind];
        let at = points.get(random.below(6) as usize).copied();
        let mut child = start(directory, Keeping::Together, at, random.below(20));
        if at.is_some() {
            hear(&mut child, "stopped");
        } else {
            hear(&mut child, "ready");
            thread::sleep(Duration::from_micros(random.below(20_000)));
        }
        kill(child);
    }
    stop.store(true, Ordering::Relaxed);
    let (written, end) = writer.join().unwrap();
    finish(directory, Keeping::Together);
    let effects = effects(directory);
    assert_eq!(effects, written, "seed {seed}");
    assert_eq!(effects.values().map(|(_, count, _)| count.cast_unsigned()).sum::<u64>(), end);
    if retention == Retention::EVERYTHING {
        assert_eq!(effects, fold(directory), "seed {seed}");
    } else {
        let reader = LogReader::open(directory.join("log")).unwrap();
        assert!(reader.oldest().unwrap() > 0.into(), "the log has removed nothing");
    }
}

#[test]
fn a_consumer_that_is_killed_has_each_effect_once() {
    survives(1, 60, Retention::EVERYTHING);
}

#[test]
fn a_consumer_that_is_killed_finds_what_it_needs_in_a_log_that_keeps_only_that() {
    survives(2, 60, Retention::default().consumed());
}

/// Kills a consumer between its two commits, and returns whether the effects are those of the log.
fn survives_between(keeping: Keeping) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let stop = Arc::new(AtomicBool::new(false));
    let writer = write(Log::open(directory.join("log")).unwrap(), 3, Arc::clone(&stop));
    let mut child = start(directory, keeping, Some(Point::Between), 3);
    hear(&mut child, "stopped");
    kill(child);
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    finish(directory, keeping);
    effects(directory) == fold(directory)
}

#[test]
fn a_position_that_is_committed_after_the_effects_is_found_out() {
    assert!(!survives_between(Keeping::After));
}

#[test]
fn a_position_that_is_committed_before_the_effects_is_found_out() {
    assert!(!survives_between(Keeping::Before));
}
