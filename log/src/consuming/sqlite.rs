//! SQLite as a store of effects.

use rusqlite::{Connection, Error, OptionalExtension, Transaction, TransactionBehavior};

use super::place::Position;
use super::transactional::Transactional;
use crate::format::LogId;

/// The positions are in a table of their own, `broadring_consumers`.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS broadring_consumers (
    name TEXT PRIMARY KEY NOT NULL,
    log BLOB NOT NULL,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID";

const READ: &str = "SELECT log, next FROM broadring_consumers WHERE name = ?1";

const WRITE: &str = "INSERT INTO broadring_consumers (name, log, next) VALUES (?1, ?2, ?3)
    ON CONFLICT (name) DO UPDATE SET log = excluded.log, next = excluded.next";

/// With the feature `sqlite`, which needs Rust 1.89.
///
/// The positions of consumers are in the table `broadring_consumers`, which is made when it is not there. A transaction
/// begins as one that writes, so it waits for others as long as the connection's
/// [`busy_timeout`](Connection::busy_timeout) says.
///
/// For commits to survive a loss of power, `PRAGMA synchronous` has to be `FULL`, as it is unless changed. With
/// `NORMAL` and a write-ahead log, SQLite may forget the last commits: effects and positions alike, so effects still
/// happen once, but the log's retention may have removed what is then needed again.
impl Transactional for Connection {
    type Transaction<'t> = Transaction<'t>;
    type Error = Error;

    fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        self.transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn position(
        transaction: &mut Transaction<'_>,
        consumer: &str,
    ) -> Result<Option<Position>, Error> {
        transaction.prepare_cached(TABLE)?.execute(())?;
        transaction
            .prepare_cached(READ)?
            .query_row([consumer], |row| {
                let next: i64 = row.get(1)?;
                Ok(Position {
                    log: LogId::from_bytes(row.get(0)?),
                    next: next.cast_unsigned().into(),
                })
            })
            .optional()
    }

    fn commit(
        transaction: Transaction<'_>,
        consumer: &str,
        position: Position,
    ) -> Result<(), Error> {
        transaction.prepare_cached(TABLE)?.execute(())?;
        // Sequences end before the sign.
        let next = u64::from(position.next).cast_signed();
        transaction.prepare_cached(WRITE)?.execute((consumer, position.log.to_bytes(), next))?;
        transaction.commit()
    }
}
