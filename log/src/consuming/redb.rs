//! redb as a store of effects.

use std::sync::Arc;

use redb::{Database, Error, ReadableTable, TableDefinition, WriteTransaction};

use super::place::Position;
use super::transactional::Transactional;
use crate::format::LogId;

/// The positions: by the name of the consumer, the log and the next event.
const TABLE: TableDefinition<&str, ([u8; 16], u64)> = TableDefinition::new("broadring_consumers");

/// With the feature `redb`, which needs Rust 1.90.
///
/// The positions of consumers are in the table `broadring_consumers`, which is made when it is not there. The closure
/// gets the [`WriteTransaction`]. Leave its durability as it is.
impl Transactional for Database {
    type Transaction<'t> = WriteTransaction;
    type Error = Error;

    fn begin(&mut self) -> Result<WriteTransaction, Error> {
        Ok(self.begin_write()?)
    }

    fn position(
        transaction: &mut WriteTransaction,
        consumer: &str,
    ) -> Result<Option<Position>, Error> {
        position(transaction, consumer)
    }

    fn commit(
        transaction: WriteTransaction,
        consumer: &str,
        position: Position,
    ) -> Result<(), Error> {
        commit(transaction, consumer, position)
    }
}

/// With the feature `redb`: a database that others read meanwhile.
impl Transactional for Arc<Database> {
    type Transaction<'t> = WriteTransaction;
    type Error = Error;

    fn begin(&mut self) -> Result<WriteTransaction, Error> {
        Ok(self.begin_write()?)
    }

    fn position(
        transaction: &mut WriteTransaction,
        consumer: &str,
    ) -> Result<Option<Position>, Error> {
        position(transaction, consumer)
    }

    fn commit(
        transaction: WriteTransaction,
        consumer: &str,
        position: Position,
    ) -> Result<(), Error> {
        commit(transaction, consumer, position)
    }
}

fn position(transaction: &WriteTransaction, consumer: &str) -> Result<Option<Position>, Error> {
    let table = transaction.open_table(TABLE)?;
    let stored = table.get(consumer)?;
    Ok(stored.map(|stored| {
        let (log, next) = stored.value();
        Position { log: LogId::from_bytes(log), next: next.into() }
    }))
}

fn commit(transaction: WriteTransaction, consumer: &str, position: Position) -> Result<(), Error> {
    transaction
        .open_table(TABLE)?
        .insert(consumer, (position.log.to_bytes(), position.next.into()))?;
    Ok(transaction.commit()?)
}
