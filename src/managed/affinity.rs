//! Giving a thread a core.

#![forbid(unsafe_code)]

use core_affinity::CoreId;

/// Pins the current thread to a core, and returns whether the system let it.
pub(super) fn pin(core: usize) -> bool {
    may_exist(core) && core_affinity::set_for_current(CoreId { id: core })
}

/// Whether the system can be asked for a core. The answer is its own: the list of cores is
/// that of the current thread, which has fewer if the thread that started it is pinned.
/// But its set of cores has a size.
#[cfg(target_os = "linux")]
fn may_exist(core: usize) -> bool {
    core < 1024
}

/// Whether there is a core. Not every system says so itself.
#[cfg(not(target_os = "linux"))]
fn may_exist(core: usize) -> bool {
    core_affinity::get_core_ids().is_some_and(|cores| cores.contains(&CoreId { id: core }))
}
