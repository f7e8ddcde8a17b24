//! Watches a number that has to grow, and measures for how long it did not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often it looks.
const LOOK: Duration = Duration::from_millis(5);

/// Watches a number, on a thread of its own.
pub(crate) struct Watch {
    state: Arc<Mutex<State>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    value: u64,
    since: Instant,
    longest: Duration,
}

impl Watch {
    pub(crate) fn start(number: impl Fn() -> u64 + Send + 'static) -> Self {
        let state = State { value: number(), since: Instant::now(), longest: Duration::ZERO };
        let state = Arc::new(Mutex::new(state));
        let over = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&state), Arc::clone(&over));
        let thread = thread::spawn(move || {
            // ORDERING: Relaxed. Nothing is handed over with it.
            while !ended.load(Ordering::Relaxed) {
                let value = number();
                {
                    let mut state = shared.lock().unwrap();
                    if value != state.value {
                        state.longest = state.longest.max(state.since.elapsed());
                        state.value = value;
                        state.since = Instant::now();
                    }
                }
                thread::sleep(LOOK);
            }
        });
        Self { state, over, thread: Some(thread) }
    }

    /// For how long the number did not grow, at most.
    pub(crate) fn longest(&self) -> Duration {
        let state = self.state.lock().unwrap();
        state.longest.max(state.since.elapsed())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as above.
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Waits until something is so. Returns whether it came to be in time.
pub(crate) fn wait_until(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + patience;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
