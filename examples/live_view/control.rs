//! How the keys reach the threads: what each of them has to know of the time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Events a second, from slow to fast.
const RATES: [u64; 14] = [
    10, 100, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    2_000_000, 5_000_000,
];

/// Microseconds, from slow to fast.
const TIMES: [u64; 16] = [
    1_000_000, 500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200,
    100, 50, 20, 10,
];

/// What all threads wait on, so that none of them sleeps through the end.
#[derive(Default)]
pub(crate) struct Board {
    stopped: Mutex<bool>,
    changed: Condvar,
}

/// What one thread is told.
pub(crate) struct Control {
    pub(crate) name: &'static str,
    pub(crate) pace: Pace,
    board: Arc<Board>,
    level: AtomicUsize,
    paused: AtomicBool,
}

/// What the speed of a thread means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So many events a second.
    Rate,
    /// So much time for each event; none at the highest level.
    Work,
    /// So much time between two looks.
    Interval,
}

impl Board {
    /// Ends every wait, now and later.
    pub(crate) fn stop(&self) {
        *self.stopped() = true;
        self.changed.notify_all();
    }

    fn stopped(&self) -> MutexGuard<'_, bool> {
        self.stopped.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits for so long, or until the end; and tells whether that has come.
    fn wait(&self, time: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.stopped(), time, |stopped| !*stopped);
        *waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }
}

impl Control {
    pub(crate) fn new(name: &'static str, pace: Pace, level: usize, board: &Arc<Board>) -> Self {
        let (level, paused) = (AtomicUsize::new(level), AtomicBool::new(false));
        Self { name, pace, board: Arc::clone(board), level, paused }
    }

    pub(crate) fn slower(&self) {
        let level = self.level.load(Ordering::Relaxed);
        self.level.store(level.saturating_sub(1), Ordering::Relaxed);
    }

    pub(crate) fn faster(&self) {
        let highest = match self.pace {
            Pace::Rate => RATES.len() - 1,
            Pace::Work => TIMES.len(),
            Pace::Interval => TIMES.len() - 5,
        };
        let level = self.level.load(Ordering::Relaxed);
        self.level.store((level + 1).min(highest), Ordering::Relaxed);
    }

    pub(crate) fn pause_or_go_on(&self) {
        let _in_order = self.board.stopped();
        self.paused.fetch_xor(true, Ordering::Relaxed);
        self.board.changed.notify_all();
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Waits while the thread is paused, and tells whether it is to go on.
    pub(crate) fn goes_on(&self) -> bool {
        let paused = |stopped: &mut bool| !*stopped && self.is_paused();
        let stopped = self.board.changed.wait_while(self.board.stopped(), paused);
        !*stopped.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits until then, or until the end.
    pub(crate) fn wait_until(&self, then: Instant) {
        self.board.wait(then.saturating_duration_since(Instant::now()));
    }

    /// Events a second.
    pub(crate) fn rate(&self) -> u64 {
        RATES[self.level.load(Ordering::Relaxed)]
    }

    /// The time for an event, or between two looks.
    pub(crate) fn time(&self) -> Duration {
        let time = TIMES.get(self.level.load(Ordering::Relaxed));
        Duration::from_micros(time.copied().unwrap_or(0))
    }
}

/// Pretends to work on events, at the pace that is asked for.
pub(crate) struct Worker<'c> {
    control: &'c Control,
    /// Work that is too little to be slept for.
    owed: Duration,
}

impl<'c> Worker<'c> {
    /// How long a batch may take.
    const BATCH: Duration = Duration::from_millis(20);

    pub(crate) fn new(control: &'c Control) -> Self {
        Self { control, owed: Duration::ZERO }
    }

    /// Waits while the thread is paused; returns how many events to take on at once.
    pub(crate) fn takes(&self) -> usize {
        let going_on = self.control.goes_on();
        let time = self.control.time();
        if !going_on || time.is_zero() {
            return usize::MAX;
        }
        (Self::BATCH.as_micros() / time.as_micros()).clamp(1, 1 << 20) as usize
    }

    /// Takes the time for so many events, except at the end.
    pub(crate) fn work(&mut self, events: usize) {
        self.owed += self.control.time() * events as u32;
        if self.owed >= Duration::from_millis(1) {
            let start = Instant::now();
            self.control.wait_until(start + self.owed);
            self.owed = self.owed.saturating_sub(start.elapsed());
        }
    }
}
