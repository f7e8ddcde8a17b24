//! What the tests of the benchmarks are run in.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// A hang is a failure too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs it in a thread that is given up when it takes too long, and alone: there are more
/// threads than cores as it is, and what spins needs them.
pub(crate) fn watched(what: &str, check: impl FnOnce() + Send + 'static) {
    static ALONE: Mutex<()> = Mutex::new(());

    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (over, ended) = mpsc::channel();
    let _thread = thread::spawn(move || {
        check();
        over.send(()).expect("somebody waits for it");
    });
    match ended.recv_timeout(PATIENCE) {
        Ok(()) => {}
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what}: fails"),
    }
}
