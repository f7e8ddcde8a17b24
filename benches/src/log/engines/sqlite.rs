//! SQLite with a write-ahead log: a row for each frame.

use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::{Connection, OpenFlags};

use super::super::engine::{Engine, Remark, Scenario};
use super::super::frame::Frame;

/// A table from the number of the first record to the frame.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    full: bool,
}

impl Sqlite {
    fn open(dir: &Path) -> Result<Self> {
        let connection = Connection::open(dir.join("frames.sqlite"))?;
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
        ensure!(mode == "wal", "the journal is {mode}");
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        Ok(Self { connection, full: true })
    }
}

impl Engine for Sqlite {
    const NAME: &'static str = "SQLite, WAL";

    fn remark(scenario: Scenario) -> Remark {
        match scenario {
            Scenario::Unsynced => Remark::Note("synchronous = NORMAL, which syncs at checkpoints"),
            _ => Remark::None,
        }
    }

    fn create(dir: &Path) -> Result<Self> {
        let log = Self::open(dir)?;
        let table = "CREATE TABLE frames (first INTEGER PRIMARY KEY, bytes BLOB NOT NULL)";
        log.connection.execute(table, ())?;
        Ok(log)
    }

    fn reopen(dir: &Path) -> Result<Self> {
        let log = Self::open(dir)?;
        // Only now does it look at the file.
        log.connection.query_row("SELECT max(first) FROM frames", (), |_| Ok(()))?;
        Ok(log)
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        if sync != self.full {
            let level = if sync { "FULL" } else { "NORMAL" };
            self.connection.execute_batch(&format!("PRAGMA synchronous = {level}"))?;
            self.full = sync;
        }
        let insert = "INSERT INTO frames VALUES (?1, ?2)";
        self.connection
            .prepare_cached(insert)?
            .execute((i64::try_from(frame.first())?, frame.bytes()))?;
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&self.connection, take)
    }

    fn read_beside(dir: &Path, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        read(&Connection::open_with_flags(dir.join("frames.sqlite"), flags)?, take)
    }
}

fn read(connection: &Connection, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
    let mut select = connection.prepare("SELECT first, bytes FROM frames ORDER BY first")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let first: i64 = row.get(0)?;
        take(first as u64, row.get_ref(1)?.as_blob()?);
    }
    Ok(())
}
