//! The stores that come with the library: effects and position are committed together, or not at all.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use broadring_log::codec::Fixed;
use broadring_log::{BoxError, ConsumeError, Consumer, Log, LogReader, Transactional};
use common::consumers::push;

/// What the tests want of a store: it lists numbers.
trait Numbers: Transactional + Sized {
    fn add(transaction: &mut Self::Transaction<'_>, number: u64) -> Result<(), BoxError>;

    /// The numbers that are committed, in the order in which they were added.
    fn committed(&self) -> Vec<u64>;
}

mod sqlite {
    use super::{BoxError, Numbers};
    use rusqlite::Connection;

    pub(crate) fn open(directory: &std::path::Path) -> Connection {
        let database = Connection::open(directory.join("numbers.sqlite")).unwrap();
        database.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
        let table =
            "CREATE TABLE IF NOT EXISTS numbers (place INTEGER PRIMARY KEY, number INTEGER)";
        database.execute(table, ()).unwrap();
        database
    }

    impl Numbers for Connection {
        fn add(transaction: &mut rusqlite::Transaction<'_>, number: u64) -> Result<(), BoxError> {
            let insert = "INSERT INTO numbers (number) VALUES (?1)";
            transaction.prepare_cached(insert)?.execute([number.cast_signed()])?;
            Ok(())
        }

        fn committed(&self) -> Vec<u64> {
            let mut select = self.prepare("SELECT number FROM numbers ORDER BY place").unwrap();
            let rows = select.query_map((), |row| row.get(0)).unwrap();
            rows.map(|row| row.map(i64::cast_unsigned).unwrap()).collect()
        }
    }
}

mod redb {
    use super::{BoxError, Numbers};
    use ::redb::{
        Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
        WriteTransaction,
    };
    use std::sync::Arc;

    const NUMBERS: TableDefinition<u64, u64> = TableDefinition::new("numbers");

    pub(crate) fn open(directory: &std::path::Path) -> Arc<Database> {
        Arc::new(Database::create(directory.join("numbers.redb")).unwrap())
    }

    impl Numbers for Arc<Database> {
        fn add(transaction: &mut WriteTransaction, number: u64) -> Result<(), BoxError> {
            let mut numbers = transaction.open_table(NUMBERS)?;
            let place = numbers.len()?;
            numbers.insert(place, number)?;
            Ok(())
        }

        fn committed(&self) -> Vec<u64> {
            let Ok(numbers) = self.begin_read().unwrap().open_table(NUMBERS) else {
                return Vec::new();
            };
            numbers.iter().unwrap().map(|entry| entry.unwrap().1.value()).collect()
        }
    }
}

fn open<S: Numbers>(reader: &LogReader, store: S) -> Consumer<S, Fixed<u64>> {
    Consumer::open(reader, "numbers", Fixed::new(1), store).unwrap().events_per_batch(10)
}

/// What does not happen is not there, and the next one goes on; also when the store was closed in between.
fn goes_on<S: Numbers>(connect: impl Fn() -> S) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    push(&mut log, 0..100);

    let mut consumer = open(&log.reader(), connect());
    let failed = consumer.run(|transaction, _, number| {
        S::add(transaction, *number)?;
        if *number == 35 { Err("no more".into()) } else { Ok(()) }
    });
    assert!(matches!(failed, Err(ConsumeError::Effect { .. })));
    assert_eq!(consumer.store().committed(), Vec::from_iter(0..30));
    drop(consumer);

    let mut consumer = open(&log.reader(), connect());
    assert_eq!(consumer.position().unwrap(), Some(30.into()));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        consumer.run(|transaction, _, number| {
            S::add(transaction, *number)?;
            assert_ne!(*number, 79, "on purpose");
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(consumer.store().committed(), Vec::from_iter(0..70));
    assert_eq!(consumer.run(|transaction, _, number| S::add(transaction, *number)).unwrap(), 30);
    let store = consumer.close().unwrap();
    assert_eq!(store.committed(), Vec::from_iter(0..100));
    drop(store);

    // Another log, although its consumer has the same name.
    let directory = tempfile::tempdir().unwrap();
    let other = Log::open(directory.path()).unwrap();
    let refused = open(&other.reader(), connect()).next_batch(|_, _, _| Ok(()));
    assert!(matches!(refused, Err(ConsumeError::OtherLog { .. })));
}

/// Two consumers of one name at the same time: whoever comes too late goes on behind the other one.
fn is_shared<S: Numbers + Send>(connect: impl Fn() -> S) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    push(&mut log, 0..1000);
    let consumers = [connect(), connect()].map(|store| {
        let mut consumer = open(&log.reader(), store);
        thread::spawn(move || {
            loop {
                let batch =
                    consumer.next_batch(|transaction, _, number| S::add(transaction, *number));
                match batch {
                    Ok(Some(_)) | Err(ConsumeError::Moved { .. }) => {}
                    Ok(None) => break,
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for consumer in consumers {
        consumer.join().unwrap();
    }
    assert_eq!(connect().committed(), Vec::from_iter(0..1000));
}

#[test]
fn sqlite_has_effects_and_position_together() {
    let directory = tempfile::tempdir().unwrap();
    goes_on(|| sqlite::open(directory.path()));
}

#[test]
fn two_consumers_of_one_name_have_each_effect_once_in_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    is_shared(|| sqlite::open(directory.path()));
}

#[test]
fn redb_has_effects_and_position_together() {
    let directory = tempfile::tempdir().unwrap();
    let database = std::cell::RefCell::new(None);
    goes_on(|| {
        // Only one at a time opens the file.
        drop(database.take());
        let opened = redb::open(directory.path());
        database.replace(Some(opened.clone()));
        opened
    });
}

#[test]
fn two_consumers_of_one_name_have_each_effect_once_in_redb() {
    let directory = tempfile::tempdir().unwrap();
    let database = redb::open(directory.path());
    is_shared(|| database.clone());
}
