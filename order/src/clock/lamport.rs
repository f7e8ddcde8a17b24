//! A logical clock, which counts events.

#![forbid(unsafe_code)]

use crossbeam_utils::CachePadded;

use super::contract::Clock;
use crate::error::ClockExhausted;
use crate::stamp::Stamp;
use crate::sync::{Arc, AtomicU64, Ordering};

/// How many numbers at the end are no stamps, so that this many threads may find the end at once
/// without the counter wrapping.
const RESERVE: u64 = 1 << 32;

/// A logical clock: a counter that every event advances.
///
/// It knows nothing of time. If one event happens before another, whether on one thread, through this
/// clock or through a message whose stamp was [observed](Self::observe), the second has the larger
/// stamp. The converse does not hold.
///
/// Clones share the counter. So all writers write to one cache line, and the more of them there are,
/// the longer a stamp takes. The first stamp is 1.
///
/// From L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", Communications
/// of the ACM 21(7), 1978.
///
/// # Progress
///
/// [`tick`](Self::tick) is wait-free on processors that add to memory in one instruction, and lock-free
/// elsewhere. [`observe`](Self::observe) is lock-free.
///
/// ```
/// use broadring_order::clock::Lamport;
///
/// let clock = Lamport::new();
/// let sent = clock.tick();
///
/// // Another clock, which has seen fewer events.
/// let elsewhere = Lamport::new();
/// let received = elsewhere.observe(sent)?;
/// assert!(received > sent);
/// # Ok::<(), broadring_order::ClockExhausted>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lamport {
    /// The latest stamp; for a moment more than [`Lamport::LAST`] while a thread finds out that the
    /// clock is at its end.
    latest: Arc<CachePadded<AtomicU64>>,
}

impl Lamport {
    /// The last stamp that it gives. At a billion stamps per second that is after 584 years, unless
    /// it has observed a stamp close to it.
    pub const LAST: Stamp = Stamp::new(u64::MAX - RESERVE);

    /// Makes a clock that has seen no event.
    ///
    /// ```
    /// use broadring_order::Stamp;
    /// use broadring_order::clock::Lamport;
    ///
    /// let clock = Lamport::new();
    /// assert_eq!(clock.latest(), Stamp::MIN);
    /// assert_eq!(clock.tick(), Stamp::new(1));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Advances the clock by one and returns the stamp of a new event.
    ///
    /// # Panics
    ///
    /// If the latest stamp is [`LAST`](Self::LAST). The clock stays there: it never wraps.
    #[inline]
    pub fn tick(&self) -> Stamp {
        self.advance().unwrap_or_else(|| exhausted())
    }

    /// Takes notice of a stamp from elsewhere, and returns the stamp of the event that it has arrived:
    /// larger than that one and than all that this clock gave before.
    ///
    /// # Errors
    ///
    /// [`ClockExhausted`] if there is no such stamp: the stamp from elsewhere is
    /// [`LAST`](Self::LAST) or larger, and this clock takes no notice of it, or the latest of this
    /// clock is.
    ///
    /// ```
    /// use broadring_order::Stamp;
    /// use broadring_order::clock::Lamport;
    ///
    /// let clock = Lamport::new();
    /// assert_eq!(clock.observe(Stamp::new(41)), Ok(Stamp::new(42)));
    /// assert_eq!(clock.observe(Stamp::new(7)), Ok(Stamp::new(43)));
    /// assert!(clock.observe(Lamport::LAST).is_err());
    /// assert_eq!(clock.tick(), Stamp::new(44));
    /// ```
    pub fn observe(&self, stamp: Stamp) -> Result<Stamp, ClockExhausted> {
        if stamp >= Self::LAST {
            return Err(ClockExhausted::new(stamp));
        }
        // ORDERING: Relaxed, as in `advance`. Ticks of other threads may come between the two steps: the
        // stamp is then larger than it has to be.
        self.latest.fetch_max(stamp.get(), Ordering::Relaxed);
        self.advance().ok_or_else(|| ClockExhausted::new(Self::LAST))
    }

    /// Returns the latest stamp, or [`Stamp::MIN`] if there is none.
    ///
    /// The answer may be too small by the time you see it, because other threads may advance the clock
    /// meanwhile. It is never too large. Wait-free.
    pub fn latest(&self) -> Stamp {
        // ORDERING: Relaxed: all operations on one atomic have one order, and what happens before this
        // load is in it before what is loaded.
        Stamp::new(self.latest.load(Ordering::Relaxed)).min(Self::LAST)
    }

    /// Advances the clock by one, unless it is at its end.
    #[inline]
    fn advance(&self) -> Option<Stamp> {
        // ORDERING: Relaxed suffices, because a stamp is only a number: whoever publishes it brings
        // the fences with which its event is published. All changes of one atomic have a single
        // order, in which one that happens before another comes first, and an addition changes
        // what the change just before it has left. So each stamp is larger than all that happened
        // before it, and no two are equal.
        let before = self.latest.fetch_add(1, Ordering::Relaxed);
        if before < Self::LAST.get() {
            return Some(Stamp::new(before + 1));
        }
        // ORDERING: Relaxed: it takes back what this thread has added. Each thread in between has
        // added one, and there are fewer than the reserve is long, so that the counter neither wraps
        // nor falls below the end.
        self.latest.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Clock for Lamport {
    /// Each tick is one publication's.
    const EXCLUSIVE: bool = true;

    #[inline]
    fn now(&self) -> Stamp {
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

#[cold]
fn exhausted() -> ! {
    panic!("the logical clock has given its last stamp, {}", Lamport::LAST)
}
