//! Says how it goes, on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often it is said.
const EVERY: Duration = Duration::from_millis(200);

/// A line on the terminal that says how it goes: none where there is no terminal.
#[derive(Debug)]
pub(crate) struct Watching {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    /// Says again and again what `describe` returns: a position, and how it is.
    pub(crate) fn start(
        quiet: bool,
        describe: impl Fn() -> (u64, String) + Send + 'static,
    ) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let bar = ProgressBar::new_spinner();
        if quiet || bar.is_hidden() {
            return Self { over, thread: None };
        }
        bar.set_style(
            ProgressStyle::with_template("{spinner} {human_pos} events, {per_sec} {msg}")
                .expect("the template is right"),
        );
        let told = Arc::clone(&over);
        let watch = move || {
            // ORDERING: Relaxed. Nothing is handed over with the flag.
            while !told.load(Ordering::Relaxed) {
                let (position, message) = describe();
                bar.set_position(position);
                bar.set_message(message);
                thread::sleep(EVERY);
            }
            bar.finish_and_clear();
        };
        Self { over, thread: thread::Builder::new().name("watching".to_owned()).spawn(watch).ok() }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as above.
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say if it has panicked.
            let _ = thread.join();
        }
    }
}
