//! How much memory the process has.

use std::fs;

use serde::Serialize;

/// The resident set, in kilobytes.
///
/// It stays flat if the second half of a run needs no more than the first. The allocator of glibc
/// has an arena for each few threads, and takes many minutes to fill all of them; with
/// `MALLOC_ARENA_MAX=1` in the environment it has one, and a leak shows sooner.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Resident {
    /// What it was when every ring had come to its end for the first time.
    pub after_first_rounds: u64,
    /// The most that it was in the first half of the run, and in the second.
    pub most_in_halves: [u64; 2],
    /// What it was when everybody had left.
    pub at_the_end: u64,
}

/// What the resident set was, now and then.
#[derive(Debug, Default)]
pub(super) struct Samples {
    all: Vec<u64>,
    after_first_rounds: Option<u64>,
}

impl Samples {
    /// Notes what it is now. Nothing is noted if the system does not tell.
    pub(super) fn note(&mut self, first_rounds_are_over: bool) {
        let Some(now) = resident() else { return };
        self.all.push(now);
        if first_rounds_are_over {
            self.after_first_rounds.get_or_insert(now);
        }
    }

    /// Sums up.
    pub(super) fn summary(&self) -> Resident {
        let (first, second) = self.all.split_at(self.all.len() / 2);
        let most = |half: &[u64]| half.iter().copied().max().unwrap_or(0);
        Resident {
            after_first_rounds: self.after_first_rounds.unwrap_or(0),
            most_in_halves: [most(first), most(second)],
            at_the_end: self.all.last().copied().unwrap_or(0),
        }
    }
}

/// Asks the system for the resident set, in kilobytes.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
