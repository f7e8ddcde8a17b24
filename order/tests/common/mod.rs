//! What the tests share: clocks that a test controls, numbers that look random, and deadlines for tests
//! that could hang.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, mem, panic};

use broadring::Wait;
use broadring_order::Stamp;
use broadring_order::clock::Clock;

/// Far longer than any test takes, on any machine and under any sanitizer.
const DEADLINE: Duration = Duration::from_secs(if cfg!(miri) { 3600 } else { 180 });

/// How many seconds to wait instead, where many tests are expected to hang.
const SHORT_DEADLINE: &str = "BROADRING_TEST_DEADLINE";

/// How long a test may take.
pub(crate) fn deadline() -> Duration {
    let seconds = env::var(SHORT_DEADLINE).ok().and_then(|seconds| seconds.parse().ok());
    seconds.map_or(DEADLINE, Duration::from_secs)
}

/// Sleeps at once, so that every wait is a sleep that somebody has to end.
pub(crate) const PARK: Wait = Wait::PARK.spins(0).yields(0);

/// Every way to wait that lets others run, since there are more threads than cores.
pub(crate) const WAITS: [Wait; 4] = [PARK, Wait::PARK, Wait::YIELD, Wait::PARK.spins(7).yields(3)];

/// Runs the body on a thread of its own, and fails if it is not done by the deadline: what is broken
/// then shows as a failure, not as a test that hangs.
#[track_caller]
pub(crate) fn finite<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    finite_within(deadline(), body)
}

/// As [`finite`], for a test that may be told to take long.
#[track_caller]
pub(crate) fn finite_within<R: Send + 'static>(
    deadline: Duration,
    body: impl FnOnce() -> R + Send + 'static,
) -> R {
    let (working, done) = mpsc::channel::<()>();
    let body = thread::spawn(move || {
        let _working = working;
        body()
    });
    match done.recv_timeout(deadline) {
        Err(RecvTimeoutError::Disconnected) => join(body),
        _ => panic!("not done after {deadline:?}: somebody waits for what never comes"),
    }
}

/// Waits for a thread, and passes its panic on.
pub(crate) fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Yields until something holds, and fails if it still does not at the deadline.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let (start, deadline) = (Instant::now(), deadline());
    while !holds() {
        assert!(start.elapsed() < deadline, "still not so after {deadline:?}: {what}");
        thread::yield_now();
    }
}

/// Gives other threads time to get to where they wait: more in some rounds, less in others. It decides
/// what a test tries, and never whether it passes.
pub(crate) fn settle_down(round: u64) {
    match round % 4 {
        0 if !cfg!(miri) => thread::sleep(Duration::from_millis(2)),
        yields => (0..3 * yields).for_each(|_| thread::yield_now()),
    }
}

/// As many as that, or a few under an interpreter.
pub(crate) const fn count(full: u64) -> u64 {
    if cfg!(miri) {
        let few = full / 100;
        if few < 20 { 20 } else { few }
    } else {
        full
    }
}

/// Mixes a number, so that neighbours look nothing alike.
pub(crate) fn mixed(number: u64) -> u64 {
    let mixed = (number ^ 0x6272_6f61_6472_696e).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 29)
}

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mixed(self.0) % sides
    }
}

/// When a [`Stepped`] clock does what it was told to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// A writer has announced its publication, and not yet read the clock.
    BeforeStamp,
    /// It has read the clock, and its events are not yet visible.
    AfterStamp,
    /// Its events are visible, and the publication is not yet over.
    BeforeSettle,
    /// A reader has joined all rings, and not yet read the clock.
    BeforeCut,
}

type Act = Box<dyn FnOnce() + Send>;

/// A coarse clock that shows the same value again and again, until somebody waits for it to show more:
/// then it does. It also does what a test wants at a chosen moment, which stands for what other threads
/// do while this one has lost its core. Clones share it.
#[derive(Clone)]
pub(crate) struct Stepped<const EXCLUSIVE: bool>(Arc<Inner>);

struct Inner {
    shows: AtomicU64,
    acts: [Mutex<Option<Act>>; 4],
}

impl<const EXCLUSIVE: bool> Stepped<EXCLUSIVE> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { shows: AtomicU64::new(1), acts: Default::default() }))
    }

    /// Does something the next time that this moment comes, and only then.
    pub(crate) fn at(&self, moment: Moment, act: impl FnOnce() + Send + 'static) {
        *self.0.acts[moment as usize].lock().unwrap() = Some(Box::new(act));
    }

    fn pass(&self, moment: Moment) {
        let act = mem::take(&mut *self.0.acts[moment as usize].lock().unwrap());
        if let Some(act) = act {
            act();
        }
    }

    fn shows(&self) -> u64 {
        self.0.shows.load(Ordering::SeqCst)
    }

    fn exceed(&self, shown: u64) {
        self.0.shows.fetch_max(shown + 1, Ordering::SeqCst);
    }
}

impl<const EXCLUSIVE: bool> Clock for Stepped<EXCLUSIVE> {
    const EXCLUSIVE: bool = EXCLUSIVE;

    fn now(&self) -> Stamp {
        Stamp::new(self.shows())
    }

    fn stamp(&self, latest: Stamp) -> Stamp {
        self.pass(Moment::BeforeStamp);
        let stamp = if EXCLUSIVE {
            self.0.shows.fetch_add(1, Ordering::SeqCst) + 1
        } else {
            self.shows().max(latest.get())
        };
        self.pass(Moment::AfterStamp);
        Stamp::new(stamp)
    }

    fn settle(&self, stamp: Stamp) {
        self.pass(Moment::BeforeSettle);
        if !EXCLUSIVE {
            self.exceed(stamp.get());
        }
    }

    fn cut(&self) -> Stamp {
        self.pass(Moment::BeforeCut);
        let shown = self.shows();
        self.exceed(shown);
        // Where each stamp is somebody's, what it showed may be the latest one's.
        Stamp::new(shown)
    }
}
