//! Which faults come, drawn from a seed; what was done so far, and how long things stood still.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::TESTS;

/// How many faults come in a round, with servers that are new.
const ROUND: u64 = 10;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

/// What one test does: rounds of faults.
pub(crate) struct Plan {
    test: &'static str,
    seed: u64,
    random: Rng,
    left: u64,
    /// What was done, in order.
    done: Vec<String>,
    tally: BTreeMap<String, Vec<Stand>>,
    start: Instant,
}

/// For how long nothing was acknowledged, and nothing came to a mirror, at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    pub(crate) writer: Duration,
    pub(crate) mirror: Duration,
}

impl Plan {
    pub(crate) fn new(test: &'static str) -> Self {
        let seed = from_environment("BROADRING_SEED").unwrap_or_else(|| fastrand::u64(..));
        let faults = from_environment("BROADRING_FAULTS").unwrap_or(120);
        println!("{test}: BROADRING_SEED={seed} BROADRING_FAULTS={faults}");
        let left = faults.div_ceil(TESTS);
        let (done, tally, start) = (Vec::new(), BTreeMap::new(), Instant::now());
        Self { test, seed, random: Rng::with_seed(seed), left, done, tally, start }
    }

    /// The faults of the next round: at most so many of each kind as it says, in a random order. None at the end.
    pub(crate) fn round<F: Copy>(&mut self, kinds: &[(F, u64)]) -> Option<Vec<F>> {
        let mut faults: Vec<_> = kinds
            .iter()
            .flat_map(|&(kind, times)| std::iter::repeat_n(kind, times as usize))
            .collect();
        self.random.shuffle(&mut faults);
        faults.truncate(self.left.min(ROUND) as usize);
        self.left -= faults.len() as u64;
        self.done.clear();
        (!faults.is_empty()).then_some(faults)
    }

    pub(crate) fn random(&mut self) -> &mut Rng {
        &mut self.random
    }

    /// Notes what is being done.
    pub(crate) fn begin(&mut self, fault: impl Debug) {
        self.done.push(format!("{fault:?} at {:.1?}", self.start.elapsed()));
    }

    /// Notes what it has led to.
    pub(crate) fn end(&mut self, fault: impl Debug, stand: Stand) {
        self.tally.entry(format!("{fault:?}")).or_default().push(stand);
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        let Self { test, seed, done, tally, start, .. } = self;
        for (fault, stands) in tally {
            let longest = |part: fn(&Stand) -> Duration| {
                let mut all: Vec<_> = stands.iter().map(part).collect();
                all.sort_unstable();
                let middle = all[all.len() / 2];
                format!("{middle:.1?}, at most {:.1?}", all[all.len() - 1])
            };
            println!(
                "{test}: {} x {fault}; nothing acknowledged for {}; nothing mirrored for {}",
                stands.len(),
                longest(|stand| stand.writer),
                longest(|stand| stand.mirror)
            );
        }
        println!("{test}: {:.1?}", start.elapsed());
        if thread::panicking() {
            eprintln!("{test}: failed with BROADRING_SEED={seed}; the faults of this round:");
            for fault in done {
                eprintln!("    {fault}");
            }
        }
    }
}
