//! The readers at work that others may come after, wherever they run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use broadring::Upstream;

use super::track::Track;
use crate::soak::dice::Dice;

/// How many there are at most. Some of them may have left by then.
const MOST: usize = 8;

/// A reader that others may come after.
type Offer<P> = (Upstream<P>, Arc<Track>);

/// The readers of a round that others may come after.
pub(in crate::soak) struct Offers<P>(Mutex<Inner<P>>);

struct Inner<P> {
    offers: Vec<Offer<P>>,
    /// Which one the next takes the place of, when there are enough.
    oldest: usize,
}

impl<P> Offers<P> {
    /// Begins without any.
    pub(in crate::soak) fn new() -> Self {
        Self(Mutex::new(Inner { offers: Vec::new(), oldest: 0 }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a reader, in place of the one that was added first.
    pub(in crate::soak) fn add(&self, upstream: Upstream<P>, track: Arc<Track>) {
        let mut inner = self.lock();
        let Inner { offers, oldest } = &mut *inner;
        if offers.len() < MOST {
            offers.push((upstream, track));
        } else {
            offers[*oldest] = (upstream, track);
            *oldest = (*oldest + 1) % MOST;
        }
    }

    /// Picks one.
    pub(in crate::soak) fn pick(&self, dice: &mut Dice) -> Option<Offer<P>> {
        let offers = &self.lock().offers;
        (!offers.is_empty()).then(|| dice.pick(offers).clone())
    }
}
