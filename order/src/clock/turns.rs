//! A clock that ticks when the turn passes from one writer to another.

#![forbid(unsafe_code)]

use super::contract::Clock;
use crate::stamp::Stamp;
use crate::sync::{Arc, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// A Lamport clock for one process, in one shared word, that ticks when the turn passes from one writer
/// to another.
///
/// A writer that finds the word as it has left it uses the same stamp again: nobody else has published
/// since. Otherwise it takes the turn, by adding one. So a writer that publishes alone for a while only
/// loads a word that is in its own cache, which is much cheaper than to read the time. Writers that
/// publish at the same moment on different cores take the word from each other; while one waits for it,
/// the other goes on. [`Monotonic`](super::Monotonic) shares nothing, and so scales where many cores
/// publish all the time.
///
/// Clones share the word. Wait-free. After 2^64 turns, some thousands of years, the word would wrap.
///
/// # Examples
///
/// ```
/// use broadring_order::Writers;
/// use broadring_order::clock::Turns;
///
/// let (writers, order) = Writers::builder(64).clock(Turns::new()).build(|| 0);
/// let mut reader = order.subscribe()?;
/// let (mut a, mut b) = (writers.join(), writers.join());
/// let (first, second, third) = (a.publish(1), a.publish(2), b.publish(3));
/// assert_eq!(first, second);
/// assert!(second < third);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Turns(Arc<CachePadded<AtomicU64>>);

impl Turns {
    /// Makes a clock that nobody shares yet.
    pub fn new() -> Self {
        Self(Arc::new(CachePadded::new(AtomicU64::new(0))))
    }

    /// Takes the turn.
    #[inline]
    fn take(&self) -> Stamp {
        // ORDERING: Relaxed: all changes of the word are in one order, which agrees with what happens
        // before what; nothing else is read from it.
        Stamp::new(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for Turns {
    /// Each turn is one writer's.
    const EXCLUSIVE: bool = true;

    #[inline]
    fn now(&self) -> Stamp {
        // ORDERING: Relaxed: as in `take`. What is loaded is no older than what was loaded or added
        // before.
        Stamp::new(self.0.load(Ordering::Relaxed))
    }

    #[inline]
    fn stamp(&self, latest: Stamp) -> Stamp {
        // A writer has taken its latest stamp itself, so if that is still there, it is still its turn. A
        // new writer has none: turns begin at 1.
        if self.now() == latest && latest != Stamp::MIN { latest } else { self.take() }
    }

    #[inline]
    fn cut(&self) -> Stamp {
        self.take()
    }
}
