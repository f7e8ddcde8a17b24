//! Wait strategies: how a thread spins, yields and parks until it finds what it waits for.

#![forbid(unsafe_code)]

use std::time::Instant;

use super::event_count::EventCount;
use crate::sync::{self, Counter, MODEL};

/// How often a spinning wait looks between two readings of the clock.
const LOOKS_PER_CLOCK: u32 = 32;

/// A wait strategy: how a reader waits for the next event, or the writer for a free slot.
///
/// Every strategy first spins, for the shortest delay. Then they differ:
///
/// | strategy | after spinning | an idle wait costs | choose it when |
/// |---|---|---|---|
/// | [`Wait::PARK`] (the default) | yields a few times, then sleeps until woken | no CPU | nothing speaks for another strategy |
/// | [`Wait::YIELD`] | yields to other threads for ever | one core, when no other thread wants it | wake-ups must be quick, and threads outnumber cores |
/// | [`Wait::SPIN`] | goes on spinning | one core | every waiting thread has a core of its own |
///
/// [`spins`](Self::spins) and [`yields`](Self::yields) set how long the first two phases last.
///
/// # Examples
///
/// ```
/// use broadring::{Ring, Wait};
///
/// let (mut writer, ring) = Ring::builder(64)
///     .reader_wait(Wait::PARK.spins(0).yields(0)) // readers sleep at once
///     .writer_wait(Wait::YIELD)
///     .build(|| 0_u64);
/// let mut eager = ring.reader().wait(Wait::SPIN).subscribe()?;
/// writer.publish(1);
/// assert_eq!(eager.recv(), Ok(1));
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wait {
    spins: u32,
    yields: u32,
    last: Last,
}

/// The phase that lasts as long as the wait does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Last {
    Spin,
    Yield,
    Park,
}

impl Wait {
    /// Spins for ever.
    pub const SPIN: Self = Self { spins: 0, yields: 0, last: Last::Spin };

    /// Spins 50 times, then yields for ever.
    pub const YIELD: Self = Self { spins: 50, yields: 0, last: Last::Yield };

    /// Spins 50 times, yields 64 times, then parks until woken.
    pub const PARK: Self = Self { spins: 50, yields: 64, last: Last::Park };

    /// Sets how often to look with only a pause instruction in between (some 10 to 50 ns each),
    /// before the next phase. Has no effect on [`Wait::SPIN`], which has no next phase.
    #[must_use]
    pub const fn spins(self, spins: u32) -> Self {
        Self { spins, ..self }
    }

    /// Sets how often to look with the rest of the time slice given up in between, before
    /// parking. Only [`Wait::PARK`] has a phase after this one. It looks at least once before it
    /// parks.
    #[must_use]
    pub const fn yields(self, yields: u32) -> Self {
        Self { yields, ..self }
    }

    /// Calls `look` until it finds something, and returns that; or until the deadline has passed,
    /// and returns `None`. It looks at least once. The last phase of [`Wait::PARK`] sleeps at
    /// `events`, is woken by positions from `threshold` up, and counts its sleeps in `parks`.
    pub(crate) fn until<R>(
        self,
        events: &EventCount,
        threshold: u64,
        deadline: Option<Instant>,
        parks: &Counter,
        look: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        self.until_or_sleep(deadline, look, |look| events.sleep(threshold, deadline, parks, look))
    }

    /// Like `until`, with a sleep of one's own as the last phase of [`Wait::PARK`]: it is given
    /// `look`, and returns what that has found, or `None` at the deadline.
    pub(crate) fn until_or_sleep<R, L: FnMut() -> Option<R>>(
        self,
        deadline: Option<Instant>,
        mut look: L,
        sleep: impl FnOnce(&mut L) -> Option<R>,
    ) -> Option<R> {
        // Under loom every look is a branch to explore, so go to the last phase at once.
        let brief = |looks| if MODEL { 0 } else { looks };
        // Whoever finds something at once need not register, and so need not be woken.
        let spins = if self.yields == 0 { self.spins.max(1) } else { self.spins };
        let waited = match self.last {
            Last::Spin => spin(None, deadline, &mut look),
            Last::Yield => spin(Some(brief(self.spins)), deadline, &mut look)
                .or_else(|()| yield_slices(None, deadline, &mut look)),
            Last::Park => spin(Some(brief(spins)), deadline, &mut look)
                .or_else(|()| yield_slices(Some(brief(self.yields)), deadline, &mut look))
                .or_else(|()| Ok(sleep(&mut look))),
        };
        waited.unwrap_or_else(|()| unreachable!("the last phase lasts until the wait is over"))
    }
}

/// Looks with a pause instruction in between. Like every phase, it returns what was found, or
/// `None` at the deadline, or an error when the phase is over.
fn spin<R>(
    looks: Option<u32>,
    deadline: Option<Instant>,
    look: &mut impl FnMut() -> Option<R>,
) -> Result<Option<R>, ()> {
    poll(looks, LOOKS_PER_CLOCK, sync::spin_loop, deadline, look)
}

/// Looks with the rest of the time slice left to other threads in between.
fn yield_slices<R>(
    looks: Option<u32>,
    deadline: Option<Instant>,
    look: &mut impl FnMut() -> Option<R>,
) -> Result<Option<R>, ()> {
    poll(looks, 1, sync::yield_now, deadline, look)
}

#[inline]
fn poll<R>(
    looks: Option<u32>,
    looks_per_clock: u32,
    pause: impl Fn(),
    deadline: Option<Instant>,
    look: &mut impl FnMut() -> Option<R>,
) -> Result<Option<R>, ()> {
    let mut looked: u32 = 0;
    while looks.is_none_or(|looks| looked < looks) {
        if let Some(found) = look() {
            return Ok(Some(found));
        }
        if looked.is_multiple_of(looks_per_clock)
            && deadline.is_some_and(|deadline| Instant::now() >= deadline)
        {
            return Ok(None);
        }
        looked = looked.wrapping_add(1);
        pause();
    }
    Err(())
}

/// [`Wait::PARK`].
impl Default for Wait {
    fn default() -> Self {
        Self::PARK
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests;
