//! The monotonic clock of the process.

#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;
use std::sync::OnceLock;
use std::time::Instant;

use super::contract::Clock;
use super::counter::Counter;
use super::fenced;
use crate::stamp::Stamp;
use crate::sync::{spin_loop, yield_now};

/// How often a thread looks before it lets others run.
const LOOKS: u32 = 100;

/// The monotonic clock of this process, for the events of writers in one process.
///
/// All clocks of a process are one: their stamps can be compared. Between processes they cannot, nor
/// between two runs of a program. Nothing is shared that is ever written to, so that writers do not
/// slow each other down. A reading is wait-free.
///
/// # What it reads
///
/// On x86-64 it reads the processor's time-stamp counter if that counts at a constant rate in every
/// power state and, on Linux, if the kernel offers it as a clock, for which the kernel has checked that
/// the counters of all cores run in step. A unit is then a tick: some 0.3 to 0.5 ns. Before each
/// reading stands a load fence, without which the processor might read the counter before something
/// that its thread has read earlier in the program, and break the [contract](Clock#contract).
/// [`quanta`](https://docs.rs/quanta) tells whether the rate is constant, and measures it.
///
/// Everywhere else it reads [`Instant`], and a unit is a nanosecond.
///
/// # Strictness
///
/// The clock [is strict](Self::is_strict) if it reads the counter, and if the counter advances in smaller
/// steps than two readings in a row are apart on one thread. A reading that happens after one on another
/// thread is no closer to it: the other must be done, and something must have come from there, before
/// this one begins behind its fence. So it shows more. (Many processors, and virtual machines on them,
/// advance the counter by some 10 ns at once, though a tick is much shorter.) If the clock reads
/// [`Instant`], which may be coarse, it is not strict.
///
/// # Range
///
/// Stamps do not run out: 2⁶⁴ ticks of a 5 GHz counter, which starts with the computer, are 116 years,
/// and 2⁶⁴ nanoseconds are 584.
///
/// ```
/// use broadring_order::clock::{Clock, Monotonic};
/// use std::time::Duration;
///
/// let clock = Monotonic::new();
/// let earlier = clock.now();
/// std::thread::sleep(Duration::from_millis(2));
/// let later = clock.now();
/// assert!(later > earlier);
/// assert!(clock.duration_between(earlier, later) >= Duration::from_millis(1));
/// ```
#[derive(Clone, Copy)]
pub struct Monotonic {
    source: &'static Source,
}

/// What all clocks of the process read.
enum Source {
    Counter(Counter),
    /// The system's clock, in nanoseconds since this moment.
    System(Instant),
}

/// Chosen when the first clock is made.
static SOURCE: OnceLock<Source> = OnceLock::new();

impl Monotonic {
    /// Returns the clock of this process.
    ///
    /// The first call measures the counter, which takes up to 200 ms; other threads that call meanwhile
    /// wait for it. Later calls are wait-free.
    pub fn new() -> Self {
        let choose =
            || Counter::find().map_or_else(|| Source::System(Instant::now()), Source::Counter);
        Self { source: SOURCE.get_or_init(choose) }
    }

    /// Reads the clock, as [`Clock::now`] does.
    #[inline]
    pub fn now(&self) -> Stamp {
        Stamp::new(match self.source {
            Source::Counter(counter) => counter.read(),
            Source::System(start) => start.elapsed().as_nanos() as u64,
        })
    }

    /// Returns the time between two stamps of this process, or zero if the second is the earlier one.
    ///
    /// The rate of the counter is known to a few parts in a million, and so is a long time between two
    /// stamps.
    ///
    /// ```
    /// use broadring_order::Stamp;
    /// use broadring_order::clock::Monotonic;
    /// use std::time::Duration;
    ///
    /// let clock = Monotonic::new();
    /// assert_eq!(clock.duration_between(Stamp::new(2), Stamp::new(1)), Duration::ZERO);
    /// ```
    pub fn duration_between(&self, earlier: Stamp, later: Stamp) -> Duration {
        match self.source {
            Source::Counter(counter) => counter.duration(earlier.get(), later.get()),
            Source::System(_) => Duration::from_nanos(later.get().saturating_sub(earlier.get())),
        }
    }

    /// Whether a reading is always larger than all that happened before it, on whichever threads. If not,
    /// a publication returns only when the clock shows more than its stamp: that costs one more reading,
    /// and for a coarse clock the rest of its tick.
    #[inline]
    pub fn is_strict(&self) -> bool {
        match self.source {
            Source::Counter(counter) => counter.is_strict(),
            Source::System(_) => false,
        }
    }

    /// Waits until the clock shows more than this.
    #[cold]
    fn wait_past(&self, stamp: Stamp) {
        let mut looks = 0_u32;
        while self.now() <= stamp {
            looks += 1;
            if looks < LOOKS { spin_loop() } else { yield_now() }
        }
    }

    /// Returns whether it reads the processor's counter, and not [`Instant`].
    ///
    /// ```
    /// use broadring_order::clock::{Clock, Monotonic};
    ///
    /// let clock = Monotonic::new();
    /// assert!(clock.uses_counter() || !clock.is_strict());
    /// ```
    pub fn uses_counter(&self) -> bool {
        matches!(self.source, Source::Counter(_))
    }
}

impl Clock for Monotonic {
    /// Two threads may read the clock at the same moment.
    const EXCLUSIVE: bool = false;

    #[inline]
    fn now(&self) -> Stamp {
        let now = Monotonic::now(self);
        // ORDERING: a merged reader loads next what the writers have announced. Its fence orders loads and
        // stores, but a reading of the processor's counter is neither: without this it might be done
        // after those loads, and promise more than the writers have.
        if fenced::SUPPORTED {
            fenced::load_fence();
        }
        now
    }

    #[inline]
    fn stamp(&self, latest: Stamp) -> Stamp {
        self.now().max(Stamp::new(latest.get() + 1))
    }

    #[inline]
    fn settle(&self, stamp: Stamp) {
        if !self.is_strict() {
            self.wait_past(stamp);
        }
    }

    #[inline]
    fn cut(&self) -> Stamp {
        let now = self.now();
        self.settle(now);
        now
    }
}

impl Default for Monotonic {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Monotonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monotonic")
            .field("uses_counter", &self.uses_counter())
            .field("is_strict", &self.is_strict())
            .finish()
    }
}
