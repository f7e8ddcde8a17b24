//! Pinning a thread to a core.

#![forbid(unsafe_code)]

use core_affinity::CoreId;

/// Pins the current thread to a core, and returns whether the system has allowed it.
pub(super) fn pin(core: usize) -> bool {
    may_exist(core) && core_affinity::set_for_current(CoreId { id: core })
}

/// Whether the system can be asked for this core. The system itself then says whether the core
/// exists: a list of cores would only be that of the current thread, which has fewer if the
/// thread that started it is pinned. But a set of cores has a limited size.
#[cfg(target_os = "linux")]
fn may_exist(core: usize) -> bool {
    core < 1024
}

/// Whether the core exists. Not every system says so when a thread is pinned.
#[cfg(not(target_os = "linux"))]
fn may_exist(core: usize) -> bool {
    core_affinity::get_core_ids().is_some_and(|cores| cores.contains(&CoreId { id: core }))
}
