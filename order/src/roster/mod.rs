//! The roster: who writes and who merges.
//!
//! Everything here happens under one lock, which is taken only when somebody comes or leaves. Merged
//! readers notice by one counter that writers have come, and by the bell when they sleep.

#![forbid(unsafe_code)]

mod bell;

use std::time::Duration;

use broadring::{Observer, Reader, Ring, Wait};
use crossbeam_utils::CachePadded;

use self::bell::Bell;
use crate::announcement::Announcement;
use crate::clock::Clock;
use crate::error::SubscribeError;
use crate::source::{Shared, Source, SourceId};
use crate::stamp::Stamp;
use crate::stamped::Stamped;
use crate::sync::{Arc, AtomicU64, Mutex, Ordering, lock, strong};

/// What all writers of an order have in common.
pub(crate) struct Settings {
    pub(crate) capacity: usize,
    pub(crate) max_readers: usize,
    pub(crate) writer_wait: Wait,
}

/// What a merged reader asks for.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) name: Option<String>,
    pub(crate) patience: Option<Duration>,
    /// The sources that it reads; all if it names none.
    pub(crate) only: Option<Arc<[SourceId]>>,
}

impl Terms {
    /// Whether it reads this source.
    fn wants(&self, source: SourceId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&source))
    }
}

/// A writer that has come, as a merged reader gets it: a reader of its ring.
pub(crate) struct Arrival<T> {
    pub(crate) source: Arc<Shared<T>>,
    pub(crate) reader: Reader<Stamped<T>>,
}

/// What a merged reader begins with.
pub(crate) struct Enrolment<T> {
    pub(crate) number: u64,
    pub(crate) arrivals: Vec<Arrival<T>>,
    pub(crate) bell: Observer<()>,
    /// Events up to this stamp do not belong to it.
    pub(crate) floor: Stamp,
    /// How many events come before those that its readers are at.
    pub(crate) position: u64,
    pub(crate) seen: u64,
}

pub(crate) struct Roster<T, C> {
    pub(crate) clock: C,
    settings: Settings,
    factory: Box<dyn Fn() -> T + Send + Sync>,
    state: Mutex<State<T>>,
    /// How many writers have come so far.
    arrived: CachePadded<AtomicU64>,
    bell: Bell,
}

struct State<T> {
    sources: Vec<Arc<Shared<T>>>,
    readers: Vec<Enrolled<T>>,
    /// How many merged readers there have been.
    numbers: u64,
    /// How many events the writers that have left have published.
    departed_events: u64,
    /// How many writers there are, and handles that may make more.
    holders: usize,
}

/// A merged reader.
struct Enrolled<T> {
    number: u64,
    terms: Terms,
    /// Writers that have come since it last asked.
    arrivals: Vec<Arrival<T>>,
}

impl<T, C: Clock> Roster<T, C> {
    /// Makes a roster with one holder.
    pub(crate) fn new(
        clock: C,
        settings: Settings,
        factory: Box<dyn Fn() -> T + Send + Sync>,
    ) -> Self {
        let state = State {
            sources: Vec::new(),
            readers: Vec::new(),
            numbers: 0,
            departed_events: 0,
            holders: 1,
        };
        let bell = Bell::new(settings.max_readers);
        Self {
            clock,
            settings,
            factory,
            state: Mutex::new(state),
            arrived: CachePadded::new(AtomicU64::new(0)),
            bell,
        }
    }

    /// Counts one more holder.
    pub(crate) fn hold(&self) {
        lock(&self.state).holders += 1;
    }

    /// Counts one holder less. The last one ends the order.
    pub(crate) fn release(&self) {
        let left = {
            let mut state = lock(&self.state);
            state.holders -= 1;
            state.holders
        };
        if left == 0 && strong!("roster.close") {
            self.bell.close();
        }
    }

    /// Adds a writer, which is one more holder. Once the writer can be dropped, the caller must call
    /// [`wake_readers`](Self::wake_readers).
    pub(crate) fn enrol(
        &self,
        name: Option<String>,
        capacity: Option<usize>,
    ) -> (broadring::Writer<Stamped<T>>, Arc<Shared<T>>)
    where
        T: Send + Sync,
    {
        let Settings { capacity: usual, max_readers, writer_wait } = self.settings;
        let mut builder = Ring::builder(capacity.unwrap_or(usual))
            .max_readers(2 * max_readers)
            .writer_wait(writer_wait);
        if let Some(name) = name {
            builder = builder.name(name);
        }
        // The factory is the user's: it must not run under the lock.
        let (writer, ring) =
            builder.build(|| Stamped { stamp: Stamp::MIN, event: (self.factory)() });

        let mut state = lock(&self.state);
        // ORDERING: Relaxed: the lock orders it.
        let number = self.arrived.load(Ordering::Relaxed);
        let id = SourceId::new(number.try_into().expect("there were 2^32 writers"));
        let source = Arc::new(Shared { id, ring, announcement: Announcement::default() });
        for enrolled in state.readers.iter_mut().filter(|enrolled| enrolled.terms.wants(id)) {
            let reader = subscribe(&source.ring, &enrolled.terms)
                .expect("a new ring has room for all merged readers");
            enrolled.arrivals.push(Arrival { source: Arc::clone(&source), reader });
        }
        state.sources.push(Arc::clone(&source));
        state.holders += 1;
        // ORDERING: Relaxed: a reader that sees it takes the lock. The fence in `Announcement::begin`
        // orders it before the first stamp of this writer: it pairs with `promise_fence`, so that a
        // reader that does not see this writer after it has read the clock gets no smaller stamp from
        // it (O4).
        self.arrived.store(number + 1, Ordering::Relaxed);
        drop(state);
        (writer, source)
    }

    /// Wakes the merged readers, so that they look again at what rings of writers do not tell.
    pub(crate) fn wake_readers(&self) {
        if strong!("roster.wake_readers") {
            self.bell.ring();
        }
    }

    /// Removes a writer, whose ring is closed.
    pub(crate) fn depart(&self, source: &Shared<T>) {
        {
            let mut state = lock(&self.state);
            state.sources.retain(|other| other.id != source.id);
            state.departed_events += source.ring.cursor().get();
        }
        self.release();
    }

    /// Adds a merged reader.
    pub(crate) fn admit(&self, terms: Terms) -> Result<Enrolment<T>, SubscribeError> {
        let mut state = lock(&self.state);
        let max = self.settings.max_readers;
        if state.readers.len() >= max {
            return Err(SubscribeError::TooManyReaders { max });
        }
        let bell = self.bell.observe().map_err(|_| SubscribeError::TooManyReaders { max })?;
        let mut arrivals = Vec::with_capacity(state.sources.len());
        let mut position = if terms.only.is_none() { state.departed_events } else { 0 };
        // A cut before the readers have joined is the mistake that the invariant is about.
        let early = (!strong!("roster.cut")).then(|| self.clock.cut());
        for source in state.sources.iter().filter(|source| terms.wants(source.id)) {
            let reader = subscribe(&source.ring, &terms)
                .map_err(|error| SubscribeError::Source { source: source.id, error })?;
            position += reader.position().get();
            arrivals.push(Arrival { source: Arc::clone(source), reader });
        }
        // After all readers have joined: whatever they have missed has no larger stamp (O5).
        let floor = early.unwrap_or_else(|| self.clock.cut());
        let number = state.numbers;
        state.numbers += 1;
        state.readers.push(Enrolled { number, terms, arrivals: Vec::new() });
        // ORDERING: Relaxed: the lock orders it.
        let seen = self.arrived.load(Ordering::Relaxed);
        Ok(Enrolment { number, arrivals, bell, floor, position, seen })
    }

    /// Whether writers have come since the merged reader has `seen` so many.
    #[inline]
    pub(crate) fn has_arrivals(&self, seen: u64) -> bool {
        // ORDERING: Relaxed: the lock orders what there is to see. What happened before this, for
        // instance before the bell was heard, is seen by coherence; the rest, or a smaller stamp, is
        // excluded by `promise_fence` (O4).
        self.arrived.load(Ordering::Relaxed) != seen
    }

    /// Returns the writers that have come for the merged reader with this number, and how many have
    /// come in all.
    pub(crate) fn arrivals(&self, number: u64) -> (Vec<Arrival<T>>, u64) {
        let mut state = lock(&self.state);
        let enrolled = state.readers.iter_mut().find(|enrolled| enrolled.number == number);
        let arrivals = enrolled.map(|enrolled| core::mem::take(&mut enrolled.arrivals));
        // ORDERING: Relaxed: the lock orders it.
        (arrivals.unwrap_or_default(), self.arrived.load(Ordering::Relaxed))
    }

    /// Removes a merged reader.
    pub(crate) fn dismiss(&self, number: u64) {
        let arrivals = {
            let mut state = lock(&self.state);
            let index = state.readers.iter().position(|enrolled| enrolled.number == number);
            index.map(|index| state.readers.swap_remove(index))
        };
        drop(arrivals);
    }

    /// Returns the writers that are there.
    pub(crate) fn sources(&self) -> Vec<Source<T>> {
        lock(&self.state).sources.iter().map(|shared| shared.source()).collect()
    }

    /// Returns how many events were published so far, by all writers.
    pub(crate) fn published(&self) -> u64 {
        let state = lock(&self.state);
        let now: u64 = state.sources.iter().map(|source| source.ring.cursor().get()).sum();
        state.departed_events + now
    }
}

fn subscribe<T>(
    ring: &Ring<Stamped<T>>,
    terms: &Terms,
) -> Result<Reader<Stamped<T>>, broadring::SubscribeError> {
    let Terms { name, patience, .. } = terms;
    let mut builder = ring.reader();
    if let Some(name) = name {
        builder = builder.name(name.clone());
    }
    if let Some(patience) = patience {
        builder = builder.evict_after(*patience);
    }
    builder.subscribe()
}
