//! The balances in SQLite, and the consumer that keeps them.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use anyhow::Result;
use broadring::Sequence;
use broadring_log::codec::Postcard;
use broadring_log::{BoxError, Consumer, LogReader};
use rusqlite::{Connection, Transaction};

use crate::payments::{self, Payment};

fn connect(directory: &Path) -> Result<Connection> {
    let database = Connection::open(directory.join("balances.sqlite"))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.execute(
        "CREATE TABLE IF NOT EXISTS balances (account TEXT PRIMARY KEY, amount INTEGER NOT NULL)",
        (),
    )?;
    Ok(database)
}

/// The consumer. It goes on where the one before it has ended, or was killed.
pub(crate) fn consumer(directory: &Path) -> Result<Consumer<Connection, Postcard<Payment>>> {
    let reader = LogReader::open(directory.join("log"))?;
    let consumer = Consumer::open(&reader, "balances", payments::codec(), connect(directory)?)?;
    Ok(consumer.events_per_batch(200))
}

/// The effect of a payment. Neither this nor the position is there before the transaction is committed.
pub(crate) fn add(
    transaction: &mut Transaction<'_>,
    _: Sequence,
    payment: Payment,
) -> Result<(), BoxError> {
    let mut add = transaction.prepare_cached(
        "INSERT INTO balances VALUES (?1, ?2) ON CONFLICT DO UPDATE SET amount = amount + ?2",
    )?;
    add.execute((payment.from, -payment.amount))?;
    add.execute((payment.to, payment.amount))?;
    Ok(())
}

/// The payment that the consumer goes on with.
pub(crate) fn position(directory: &Path) -> Result<Sequence> {
    Ok(consumer(directory)?.position()?.unwrap_or_default())
}

pub(crate) fn read(directory: &Path) -> Result<BTreeMap<String, i64>> {
    let database = connect(directory)?;
    let mut select = database.prepare("SELECT account, amount FROM balances")?;
    let rows = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A number that nobody can foretell.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
