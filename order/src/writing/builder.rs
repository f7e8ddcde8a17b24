//! The builder of an order.

#![forbid(unsafe_code)]

use core::fmt;
use core::marker::PhantomData;

use broadring::Wait;

use super::writers::Writers;
use crate::clock::{Clock, Monotonic};
use crate::reading::Order;
use crate::roster::{Roster, Settings};
use crate::sync::Arc;

/// How many merged readers there can be, unless the builder is told otherwise.
const MAX_READERS: usize = 32;

impl<T> Writers<T> {
    /// Returns a builder of an order in which each writer has a ring of this many slots, a power of two.
    ///
    /// # Panics
    ///
    /// If the capacity is not a power of two.
    #[track_caller]
    pub fn builder(capacity: usize) -> OrderBuilder<T> {
        OrderBuilder::new(capacity)
    }
}

/// Builds an order of many writers; from [`Writers::builder`].
#[must_use = "a builder does nothing by itself"]
pub struct OrderBuilder<T, C = Monotonic> {
    settings: Settings,
    clock: Setting<C>,
    events: PhantomData<fn() -> T>,
}

/// The clock of an order that is not built yet.
enum Setting<C> {
    /// The usual one, which is made only if it is used: the first of a process takes a while.
    Usual(fn() -> C),
    Set(C),
}

impl<T> OrderBuilder<T> {
    #[track_caller]
    fn new(capacity: usize) -> Self {
        assert!(
            capacity.is_power_of_two(),
            "the capacity of a ring is a power of two, not {capacity}"
        );
        let settings =
            Settings { capacity, max_readers: MAX_READERS, writer_wait: Wait::default() };
        Self { settings, clock: Setting::Usual(Monotonic::new), events: PhantomData }
    }
}

impl<T, C: Clock> OrderBuilder<T, C> {
    /// Sets the clock that stamps the publications: [`Monotonic`] unless set.
    pub fn clock<D: Clock>(self, clock: D) -> OrderBuilder<T, D> {
        OrderBuilder { settings: self.settings, clock: Setting::Set(clock), events: PhantomData }
    }

    /// Sets how many merged readers there can be at the same time: 32 unless set. Each writer's ring has
    /// room for so many, and for as many again that subscribe to it directly.
    pub fn max_readers(mut self, max_readers: usize) -> Self {
        self.settings.max_readers = max_readers;
        self
    }

    /// Sets how the writers wait while their rings are full: [`Wait::PARK`] unless set.
    pub fn writer_wait(mut self, wait: Wait) -> Self {
        self.settings.writer_wait = wait;
        self
    }

    /// Builds the order. The factory fills the slots of each ring when its writer joins.
    pub fn build(
        self,
        factory: impl Fn() -> T + Send + Sync + 'static,
    ) -> (Writers<T, C>, Order<T, C>) {
        let Self { settings, clock, .. } = self;
        let clock = match clock {
            Setting::Usual(make) => make(),
            Setting::Set(clock) => clock,
        };
        let roster = Arc::new(Roster::new(clock, settings, Box::new(factory)));
        (Writers { roster: Arc::clone(&roster) }, Order::new(roster))
    }
}

impl<T, C> fmt::Debug for OrderBuilder<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { capacity, max_readers, writer_wait } = &self.settings;
        f.debug_struct("OrderBuilder")
            .field("capacity", capacity)
            .field("max_readers", max_readers)
            .field("writer_wait", writer_wait)
            .finish_non_exhaustive()
    }
}
