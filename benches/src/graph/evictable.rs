//! What it costs a reader that it may be evicted.

use std::time::Duration;

use super::way::{Setting, Way};
use crate::event::Ledger;
use crate::subject::{Kind, Mode};
use crate::subjects::builder;
use crate::throughput::stream::{checked, race};

/// Longer than any turn: it is never put to the test.
const PATIENCE: Duration = Duration::from_secs(600);

/// A reader that may be evicted, and one that may not.
pub(super) fn ways() -> Vec<Way> {
    let way = |name, patience| {
        let race = move |setting: &Setting, count| one_reader(setting, count, name, patience);
        Way::new(name, Kind::Broadcast, &[Mode::Spin], race)
    };
    vec![way("broadring", None), way("broadring, evict_after", Some(PATIENCE))]
}

/// The reader clones one event after the other, or reads batches of as many events as the
/// writer sends at once.
fn one_reader(
    setting: &Setting,
    count: u64,
    name: &'static str,
    patience: Option<Duration>,
) -> Duration {
    let Setting { capacity, mode, batch: most, .. } = *setting;
    let (writer, ring) = builder(capacity, mode).build(|| [0; 1]);
    let reader = match patience {
        Some(patience) => ring.reader().evict_after(patience).subscribe(),
        None => ring.subscribe(),
    };
    let mut reader = reader.expect("a gate is free");
    let read = checked::<1>(name, move |count| {
        let mut ledger = Ledger::default();
        if most == 1 {
            (0..count).for_each(|_| ledger.see(&reader.recv().expect("the writer is there")));
            return ledger;
        }
        let mut left = count;
        while left > 0 {
            let batch = reader.wait_batch_up_to(most).expect("the writer is there");
            left -= batch.len() as u64;
            batch.events().for_each(|event| ledger.see(event));
        }
        ledger
    });
    race::<_, 1>(writer, vec![read], &setting.places, most, count)
}
