//! What goes to standard error.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Writes to standard error, from any thread, and counts what was wrong.
#[derive(Clone)]
pub(crate) struct Complaints {
    shared: Arc<Shared>,
}

struct Shared {
    out: Mutex<Box<dyn Write + Send>>,
    count: AtomicUsize,
}

impl Complaints {
    pub(crate) fn new(out: impl Write + Send + 'static) -> Self {
        let out = Mutex::new(Box::new(out) as Box<dyn Write + Send>);
        Self { shared: Arc::new(Shared { out, count: AtomicUsize::new(0) }) }
    }

    /// Says at once what is wrong. The exit code says it too.
    pub(crate) fn add(&self, complaint: &str) {
        self.shared.count.fetch_add(1, Ordering::Relaxed);
        self.note(&format!("error: {complaint}"));
    }

    /// Says something that is not a complaint.
    pub(crate) fn note(&self, note: &str) {
        let mut out = self.shared.out.lock().unwrap_or_else(PoisonError::into_inner);
        // If even standard error is closed, the exit code says it.
        let _ = writeln!(out, "{note}");
    }

    pub(crate) fn are_none(&self) -> bool {
        self.shared.count.load(Ordering::Relaxed) == 0
    }
}
