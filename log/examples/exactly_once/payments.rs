//! The payments, and the log that they are in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use broadring_log::codec::Postcard;
use broadring_log::{Log, LogReader};
use serde::{Deserialize, Serialize};

const ACCOUNTS: [&str; 6] = ["ann", "bob", "cleo", "dan", "eve", "fred"];

/// Money that moves from one account to another, in cents.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Payment {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) amount: i64,
}

pub(crate) fn codec() -> Postcard<Payment> {
    Postcard::new(1)
}

/// Writes so many payments in about this time.
pub(crate) fn write(log: &mut Log, count: u64, time: Duration) -> Result<()> {
    let begun = Instant::now();
    let mut state = 1_u64;
    for number in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let choice = state >> 33;
        let payment = Payment {
            from: ACCOUNTS[(choice % 6) as usize].to_owned(),
            to: ACCOUNTS[((choice + 1 + choice / 6 % 5) % 6) as usize].to_owned(),
            amount: (choice / 30 % 10_000).cast_signed(),
        };
        log.push(&codec(), &payment)?;
        if number % 50 == 49 || number + 1 == count {
            log.end_batch()?;
            let due = time.mul_f64((number + 1) as f64 / count as f64);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
    }
    Ok(())
}

/// What the payments in the log add up to.
pub(crate) fn fold(reader: &LogReader) -> Result<BTreeMap<String, i64>> {
    let mut balances = BTreeMap::new();
    let mut frames = reader.from(reader.oldest()?)?;
    while let Some(frame) = frames.next_frame()? {
        for event in frame.decode(&codec()) {
            let (_, payment) = event?;
            *balances.entry(payment.from).or_default() -= payment.amount;
            *balances.entry(payment.to).or_default() += payment.amount;
        }
    }
    Ok(balances)
}
