//! A regular of the records: a reader that joins before the first record and reads to the end of the
//! stream.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{ByteReader, TryReadError};

use super::account::RecordAccount;
use super::reading::RecordHabits;
use super::stream::Records;
use crate::soak::dice::Dice;
use crate::soak::post::Post;
use crate::soak::reading::Waits;

/// Reads everything.
pub(super) fn regular(
    mut reader: ByteReader,
    records: &Arc<Records>,
    post: &Arc<Post>,
    mut dice: Dice,
) {
    let mut account = RecordAccount::open(records, post, &reader, Vec::new());
    let mut habits = RecordHabits::new(Waits::Always, dice.child());
    loop {
        if let Err(TryReadError::Ended(_)) = habits.step(&mut reader, &mut account) {
            break;
        }
        if dice.one_in(5000) {
            post.doing("run over records");
            let end = reader.run(|record, position, _| {
                account.see(position, record);
                account.release();
            });
            account.check_end(&end);
            account.tell();
            break;
        }
        if dice.one_in(200) {
            thread::sleep(Duration::from_micros(dice.roll(500)));
        }
    }
    let (seen, count) = (account.seen(), records.count());
    post.check(seen == count, || format!("has {seen} records of {count}"));
}
