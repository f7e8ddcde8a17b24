//! A hybrid logical clock: the time of day, and a counter.

#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;

use crossbeam_utils::CachePadded;

use crate::clock::contract::Clock;
use crate::clock::physical::{PhysicalClock, SystemClock};
use crate::error::TooFarAhead;
use crate::stamp::Stamp;
use crate::sync::{Arc, AtomicU64, Ordering};

/// A hybrid logical clock, whose stamps order events of several processes and tell when they happened.
///
/// A stamp is the time since the beginning of 1970 in 48 bits, in units of 2⁻¹⁶ s (15.3 µs), and a
/// counter in the other 16. As with [`Lamport`](crate::clock::Lamport), an event has a larger stamp than all
/// that happened before it, if stamps from elsewhere are [observed](Self::observe). And its time is that
/// of the physical clock, or little more.
///
/// Clones share the latest stamp, so that all writers write to one cache line.
///
/// From S. Kulkarni, M. Demirbas, D. Madappa, B. Avva and M. Leone, "Logical Physical Clocks", OPODIS
/// 2014.
///
/// # How far it runs ahead
///
/// The time of a stamp is never less than what the physical clock shows. There are three ways in which
/// it can be more:
///
/// - More than 65,536 events come in one unit: the counter then carries into the time. So the stamps
///   run further and further ahead only while more than 4.29 billion events come in a second.
/// - A stamp that was observed is ahead: at most by [`max_ahead`](Self::max_ahead).
/// - The physical clock steps back. The clock counts on from its latest stamp, until the physical clock
///   has caught up.
///
/// # The end
///
/// The time is enough until February 2106. A physical clock that shows more is taken to show the last
/// unit. When the stamps of that are used up, the clock panics; it never wraps.
///
/// # Progress
///
/// [`tick`](Self::tick) and [`observe`](Self::observe) are lock-free, if the physical clock is.
///
/// ```
/// use broadring_order::clock::{Hlc, ManualClock};
/// use std::time::Duration;
///
/// let time = ManualClock::new(Duration::from_secs(1_000));
/// let clock = Hlc::with_physical(time.clone());
/// let first = clock.tick();
/// assert_eq!((Hlc::physical(first), Hlc::counter(first)), (Duration::from_secs(1_000), 0));
///
/// time.step_back(Duration::from_secs(3));
/// let second = clock.tick();
/// assert_eq!((Hlc::physical(second), Hlc::counter(second)), (Duration::from_secs(1_000), 1));
/// ```
pub struct Hlc<P = SystemClock> {
    shared: Arc<Shared<P>>,
    max_ahead: Duration,
}

struct Shared<P> {
    /// The latest stamp. Only ever grows.
    latest: CachePadded<AtomicU64>,
    physical: P,
}

impl Hlc {
    /// How far a stamp from elsewhere may be ahead, unless something else is asked for: 500 ms.
    pub const DEFAULT_MAX_AHEAD: Duration = Duration::from_millis(500);

    /// Makes a clock that takes the time from the system.
    ///
    /// ```
    /// use broadring_order::clock::Hlc;
    ///
    /// let clock = Hlc::new();
    /// assert!(clock.tick() < clock.tick());
    /// ```
    pub fn new() -> Self {
        Self::with_physical(SystemClock)
    }
}

impl<P: PhysicalClock> Hlc<P> {
    /// Makes a clock that takes the time from another physical clock.
    pub fn with_physical(physical: P) -> Self {
        let latest = CachePadded::new(AtomicU64::new(0));
        Self { shared: Arc::new(Shared { latest, physical }), max_ahead: Hlc::DEFAULT_MAX_AHEAD }
    }

    /// Sets how far a stamp from elsewhere may be ahead of the physical clock, for this handle and
    /// those that are cloned from it later.
    ///
    /// ```
    /// use broadring_order::clock::Hlc;
    /// use std::time::Duration;
    ///
    /// let clock = Hlc::new().with_max_ahead(Duration::from_millis(50));
    /// assert_eq!(clock.max_ahead(), Duration::from_millis(50));
    /// ```
    #[must_use]
    pub fn with_max_ahead(mut self, max_ahead: Duration) -> Self {
        self.max_ahead = max_ahead;
        self
    }

    /// Returns how far a stamp from elsewhere may be ahead of the physical clock.
    pub fn max_ahead(&self) -> Duration {
        self.max_ahead
    }

    /// Returns the stamp of a new event, larger than all before it.
    ///
    /// # Panics
    ///
    /// If there is none: see [the end](#the-end).
    #[inline]
    pub fn tick(&self) -> Stamp {
        self.advance(Hlc::stamp_at(self.shared.physical.since_epoch()), Stamp::MIN)
    }

    /// Takes notice of a stamp from elsewhere, and returns the stamp of the event that it has arrived:
    /// larger than that one and than all that this clock gave before.
    ///
    /// # Errors
    ///
    /// [`TooFarAhead`] if the stamp would advance this clock to more than
    /// [`max_ahead`](Self::max_ahead) beyond the physical clock. This clock is then unchanged. A stamp
    /// that is not larger than the latest of this clock does not advance it, and is never refused.
    ///
    /// # Panics
    ///
    /// If there is no larger stamp: see [the end](#the-end).
    ///
    /// ```
    /// use broadring_order::clock::Hlc;
    ///
    /// let (here, there) = (Hlc::new(), Hlc::new());
    /// let sent = there.tick();
    /// let received = here.observe(sent)?;
    /// assert!(received > sent);
    /// # Ok::<(), broadring_order::TooFarAhead>(())
    /// ```
    pub fn observe(&self, remote: Stamp) -> Result<Stamp, TooFarAhead> {
        let physical = self.shared.physical.since_epoch();
        let ahead = Hlc::physical(remote).saturating_sub(physical);
        if ahead > self.max_ahead && remote > self.latest() {
            return Err(TooFarAhead::new(ahead, self.max_ahead));
        }
        Ok(self.advance(Hlc::stamp_at(physical), remote))
    }

    /// Returns the latest stamp, or [`Stamp::MIN`] if there is none.
    ///
    /// The answer may be too small by the time you see it, because other threads may take stamps
    /// meanwhile. It is never too large. Wait-free.
    pub fn latest(&self) -> Stamp {
        // ORDERING: Relaxed: all operations on one atomic have one order, and what happens before this
        // load is in it before what is loaded.
        Stamp::new(self.shared.latest.load(Ordering::Relaxed))
    }

    /// Advances the clock to the physical time, if that is more than the latest stamp and than what was
    /// observed, or else to one more than the larger of these.
    #[inline]
    fn advance(&self, physical: Stamp, observed: Stamp) -> Stamp {
        let latest = &self.shared.latest;
        // ORDERING: Relaxed suffices, because a stamp is only a number: whoever publishes it brings
        // the fences with which its event is published. All changes of one atomic have a single
        // order, in which one that happens before another comes first, and an exchange that succeeds
        // replaces what the change just before it has left by something larger. So each stamp is
        // larger than all that happened before it, and no two are equal.
        let mut before = latest.load(Ordering::Relaxed);
        loop {
            let next = physical.max(successor(Stamp::new(before).max(observed)));
            match latest.compare_exchange_weak(
                before,
                next.get(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return next,
                Err(newer) => before = newer,
            }
        }
    }
}

/// Returns the next stamp. A full counter carries into the time, which is just above it.
#[inline]
fn successor(stamp: Stamp) -> Stamp {
    if stamp.get() >= Stamp::MAX.get() - 1 {
        exhausted();
    }
    Stamp::new(stamp.get() + 1)
}

#[cold]
fn exhausted() -> ! {
    panic!("the hybrid logical clock has given its last stamp, which is in the year 2106")
}

impl<P: PhysicalClock> Clock for Hlc<P> {
    /// Each tick is one publication's.
    const EXCLUSIVE: bool = true;

    #[inline]
    fn now(&self) -> Stamp {
        // Not the physical time, which may step back: the next stamp would then be smaller.
        self.latest()
    }

    #[inline]
    fn stamp(&self, _latest: Stamp) -> Stamp {
        self.tick()
    }

    #[inline]
    fn cut(&self) -> Stamp {
        self.tick()
    }
}

impl<P> Clone for Hlc<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), max_ahead: self.max_ahead }
    }
}

impl Default for Hlc {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: PhysicalClock> fmt::Debug for Hlc<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hlc")
            .field("latest", &self.latest())
            .field("max_ahead", &self.max_ahead)
            .finish_non_exhaustive()
    }
}
