//! A B-tree that is copied on write, in one file: a value for each frame.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use anyhow::Result;
use redb::{Builder, ConcurrencyMode, Database, Durability, ReadableDatabase, TableDefinition};

use super::super::engine::{Engine, Remark, Scenario};
use super::super::frame::Frame;

const FRAMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("frames");

/// A way to use it.
pub trait Mode: fmt::Debug + 'static {
    /// What it is called.
    const NAME: &'static str;
    /// Each commit stores which pages are free, so that nothing is to be repaired after a crash.
    const QUICK_REPAIR: bool = false;
    /// Other processes may read.
    const SHARED: bool = false;
    /// Opening verifies the checksum of every page.
    const CHECKED: bool = false;
}

/// As it comes.
#[derive(Debug)]
pub struct Plain;

impl Mode for Plain {
    const NAME: &'static str = "redb";
}

/// Slower commits, faster repair.
#[derive(Debug)]
pub struct QuickRepair;

impl Mode for QuickRepair {
    const NAME: &'static str = "redb, quick repair";
    const QUICK_REPAIR: bool = true;
}

/// One process writes, others may read.
#[derive(Debug)]
pub struct Shared;

impl Mode for Shared {
    const NAME: &'static str = "redb, single writer";
    const SHARED: bool = true;
}

/// As it comes, but everything is verified when it is opened.
#[derive(Debug)]
pub struct Checked;

impl Mode for Checked {
    const NAME: &'static str = "redb, checked on open";
    const CHECKED: bool = true;
}

/// A table from the number of the first record to the frame.
#[derive(Debug)]
pub struct Redb<M: Mode> {
    database: Database,
    mode: PhantomData<M>,
}

impl<M: Mode> Redb<M> {
    fn builder() -> Builder {
        let mut builder = Builder::new();
        if M::SHARED {
            builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
        }
        builder.set_check_integrity_on_open(M::CHECKED);
        builder
    }
}

impl<M: Mode> Engine for Redb<M> {
    const NAME: &'static str = M::NAME;

    fn remark(scenario: Scenario) -> Remark {
        match scenario {
            Scenario::Unsynced if M::SHARED => {
                Remark::Absent("refuses commits that are not durable when others may read")
            }
            Scenario::Synced | Scenario::Unsynced | Scenario::Segment | Scenario::Beside
                if M::CHECKED =>
            {
                Remark::Absent("differs from plain redb only in opening")
            }
            _ => Remark::None,
        }
    }

    fn create(dir: &Path) -> Result<Self> {
        let database = Self::builder().create(dir.join("frames.redb"))?;
        Ok(Self { database, mode: PhantomData })
    }

    fn reopen(dir: &Path) -> Result<Self> {
        let database = Self::builder().open(dir.join("frames.redb"))?;
        Ok(Self { database, mode: PhantomData })
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        if !sync && !M::SHARED {
            transaction.set_durability(Durability::None)?;
        }
        transaction.set_quick_repair(M::QUICK_REPAIR);
        transaction.open_table(FRAMES)?.insert(frame.first(), frame.bytes())?;
        transaction.commit()?;
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&self.database, take)
    }

    fn read_beside(dir: &Path, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&Self::builder().open_read_only(dir.join("frames.redb"))?, take)
    }
}

fn read(database: &impl ReadableDatabase, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
    for entry in database.begin_read()?.open_table(FRAMES)?.range::<u64>(..)? {
        let (first, frame) = entry?;
        take(first.value(), frame.value());
    }
    Ok(())
}
