//! The ways to read records.

use std::mem;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use broadring::{ByteBatch, ByteReader, End, TryReadError};

use super::account::RecordAccount;
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::reading::{Step, Waits, briefly, in_time};

/// A way to read records.
struct Way {
    name: &'static str,
    waits: Waits,
    read: fn(&mut ByteReader, &mut RecordAccount, &mut Dice) -> Step,
}

/// Returns every way to read.
fn all() -> Vec<Way> {
    use Waits::{Always, Briefly, Never};
    let way = |name, waits, read| Way { name, waits, read };
    vec![
        way("wait_batch of records", Always, wait_batch),
        way("run_until over records", Always, run_until),
        way("batch_timeout of records", Briefly, batch_timeout),
        way("try_batch of records", Never, try_batch),
        way("try_batch of records, held for a while", Never, read_slowly),
        way("records committed in part", Never, commit_in_part),
        way("records forgotten", Never, forget),
        way("a handler of records that panics", Never, handler_panics),
        way("records dropped by a panic", Never, panic_with_batch),
    ]
}

/// Reads in every way that the reader may wait in, by dice.
pub(in crate::soak) struct RecordHabits {
    ways: Vec<Way>,
    dice: Dice,
}

impl RecordHabits {
    pub(in crate::soak) fn new(waits: Waits, dice: Dice) -> Self {
        let ways = all().into_iter().filter(|way| way.waits <= waits).collect();
        Self { ways, dice }
    }

    /// Reads once.
    pub(in crate::soak) fn step(
        &mut self,
        reader: &mut ByteReader,
        account: &mut RecordAccount,
    ) -> Step {
        let way = self.dice.pick(&self.ways);
        account.post.doing(way.name);
        let step = (way.read)(reader, account, &mut self.dice);
        account.agree(reader);
        account.tell();
        if let Err(TryReadError::Ended(end)) = &step {
            account.check_end(end);
        }
        step
    }

    /// Reads so often, or until nothing more comes.
    pub(super) fn read(
        &mut self,
        reader: &mut ByteReader,
        account: &mut RecordAccount,
        times: u64,
    ) -> Option<End> {
        for _ in 0..times {
            match self.step(reader, account) {
                Ok(()) => {}
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => return Some(end),
            }
        }
        None
    }
}

/// Reads a batch in one of several ways, and lets it commit itself.
fn whole(mut batch: ByteBatch<'_>, account: &mut RecordAccount, dice: &mut Dice) {
    match dice.roll(3) {
        // It commits on the way.
        0 => {
            return batch.for_each(|record, position| {
                account.see(position, record);
                account.release();
            });
        }
        1 => {
            while let Some((position, record)) = batch.next_record() {
                account.see(position, record);
                account.release();
            }
            account.post.check(batch.is_empty(), || "no more records, but not empty".to_owned());
        }
        _ => batch.iter().for_each(|(position, record)| account.see(position, record)),
    }
    account.release();
}

fn wait_batch(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    whole(reader.wait_batch()?, account, dice);
    Ok(())
}

fn try_batch(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    whole(reader.try_batch()?, account, dice);
    Ok(())
}

fn batch_timeout(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    let batch = reader.batch_timeout(briefly(dice)).map_err(in_time)?;
    whole(batch, account, dice);
    Ok(())
}

fn read_slowly(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    let batch = reader.try_batch()?;
    if dice.one_in(10) {
        // The writer goes on until the ring is full, and may do nothing to these.
        thread::sleep(Duration::from_micros(dice.roll(500)));
    }
    whole(batch, account, dice);
    Ok(())
}

fn run_until(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    let last = account.seen() + dice.roll(30) + 1;
    reader.run_until(|record, position, end_of_batch| {
        account.see(position, record);
        account.release();
        if end_of_batch || account.seen() == last {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

fn commit_in_part(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    let mut batch = reader.try_batch()?;
    for _ in 0..dice.roll(20) {
        let Some((position, record)) = batch.next_record() else { break };
        account.see(position, record);
        // The next call may commit it.
        account.release();
    }
    batch.commit();
    // The rest comes again.
    mem::forget(batch);
    Ok(())
}

fn forget(reader: &mut ByteReader, account: &mut RecordAccount, _: &mut Dice) -> Step {
    let batch = reader.try_batch()?;
    let mark = account.mark();
    batch.iter().for_each(|(position, record)| account.see(position, record));
    mem::forget(batch);
    account.comes_again(mark);
    Ok(())
}

fn handler_panics(reader: &mut ByteReader, account: &mut RecordAccount, dice: &mut Dice) -> Step {
    let batch = reader.try_batch()?;
    let last = account.seen() + dice.roll(batch.iter().count() as u64) + 1;
    let handled = mishap::caught(|| {
        batch.for_each(|record, position| {
            account.see(position, record);
            account.release();
            if account.seen() == last {
                mishap::happen();
            }
        });
    });
    account.post.check(handled.is_none(), || format!("the handler was not given record {last}"));
    account.post.run.totals.panics.add(1);
    Ok(())
}

fn panic_with_batch(reader: &mut ByteReader, account: &mut RecordAccount, _: &mut Dice) -> Step {
    let batch = reader.try_batch()?;
    batch.iter().for_each(|(position, record)| account.see(position, record));
    // All of it counts as read.
    account.release();
    mishap::drop_by_panic(batch);
    account.post.run.totals.panics.add(1);
    Ok(())
}
