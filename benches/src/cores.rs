//! Putting threads on cores.

use std::thread;

use anyhow::{Context, Result, ensure};
use core_affinity::CoreId;

/// Returns the cores that this process may run on.
///
/// # Errors
///
/// If the system does not tell.
pub fn available() -> Result<Vec<usize>> {
    let cores = core_affinity::get_core_ids().context("the system does not tell its cores")?;
    Ok(cores.into_iter().map(|core| core.id).collect())
}

/// Checks that this process may run on all of the given cores.
///
/// # Errors
///
/// If there is one that it may not run on, with the list of those that it may.
pub fn check(wanted: &[usize]) -> Result<()> {
    let available = available()?;
    for (before, core) in wanted.iter().enumerate() {
        ensure!(!wanted[..before].contains(core), "core {core} is given twice");
        ensure!(
            available.contains(core),
            "there is no core {core} for this process; it may run on {available:?}"
        );
    }
    Ok(())
}

/// Keeps the calling thread on one core, if one is given.
///
/// # Panics
///
/// If the system refuses; [`check`] says so beforehand.
pub fn pin(core: Option<usize>) {
    if let Some(id) = core {
        assert!(core_affinity::set_for_current(CoreId { id }), "core {id} was refused");
    }
}

/// Where a writer and its readers run: a core each while there are enough, and
/// wherever the system puts them otherwise.
#[derive(Clone, Debug)]
pub struct Places {
    cores: Vec<usize>,
}

impl Places {
    /// Puts the writer on the first of the cores and the readers on the next ones.
    pub fn on(cores: Vec<usize>) -> Self {
        Self { cores }
    }

    /// Returns the writer's core, then each reader's, for so many readers.
    pub fn of(&self, readers: usize) -> (Option<usize>, Vec<Option<usize>>) {
        let enough = self.cores.len() > readers;
        let mut places = self.cores.iter().copied().map(|core| enough.then_some(core));
        let writer = places.next().flatten();
        let readers = (0..readers).map(|_| places.next().flatten()).collect();
        (writer, readers)
    }

    /// Returns the cores.
    pub fn cores(&self) -> &[usize] {
        &self.cores
    }
}

/// Starts a thread with a name, on a core if one is given.
///
/// # Panics
///
/// If the system has no thread left to give.
pub fn spawn<R: Send + 'static>(
    name: &str,
    core: Option<usize>,
    run: impl FnOnce() -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            pin(core);
            run()
        })
        .expect("a thread can be started")
}
