//! How much memory the process has.

use std::fs;

use serde::Serialize;

/// The resident set, in kilobytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Resident {
    /// What it is now.
    pub now: u64,
    /// The most that it ever was.
    pub most: u64,
}

/// Asks the system; `None` if it does not tell.
pub(super) fn resident() -> Option<Resident> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some(Resident { now: kilobytes("VmRSS:")?, most: kilobytes("VmHWM:")? })
}
