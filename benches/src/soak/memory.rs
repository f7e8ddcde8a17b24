//! How much memory the process has.

use std::fs;

use serde::Serialize;

/// The resident set, in kilobytes.
///
/// It stays flat if the second half of a run needs no more than the first. The allocator of glibc
/// has an arena for each few threads, and takes many minutes to fill all of them; with
/// `MALLOC_ARENA_MAX=1` in the environment it has one, and a leak shows sooner.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Resident {
    /// What it was when every ring had come to its end for the first time.
    pub after_first_rounds: u64,
    /// The most that it was in the first half of the run, and in the second.
    pub most_in_halves: [u64; 2],
    /// What it was when everybody had left.
    pub at_the_end: u64,
}

impl Resident {
    /// Notes what it is now. Nothing is noted if the system does not tell.
    pub(super) fn note(&mut self, in_second_half: bool, first_rounds_are_over: bool) {
        let Some(now) = resident() else { return };
        let most = &mut self.most_in_halves[usize::from(in_second_half)];
        *most = now.max(*most);
        if first_rounds_are_over && self.after_first_rounds == 0 {
            self.after_first_rounds = now;
        }
        self.at_the_end = now;
    }
}

/// Asks the system for the resident set, in kilobytes.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
