//! What happened in a run, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Defines the counters, and a snapshot of them.
macro_rules! totals {
    ($($(#[doc = $what:literal])* $name:ident),* $(,)?) => {
        /// The counters, to which all workers add.
        #[derive(Debug, Default)]
        pub(super) struct Totals {
            $($(#[doc = $what])* pub(super) $name: Total,)*
        }

        /// The counters at one moment.
        #[derive(Clone, Copy, Debug, Default, Serialize)]
        pub struct Counts {
            $($(#[doc = $what])* pub $name: u64,)*
        }

        impl Totals {
            /// Reads all counters.
            pub(super) fn counts(&self) -> Counts {
                Counts { $($name: self.$name.get(),)* }
            }
        }

        impl Counts {
            /// Returns every count with a word for what was counted.
            pub fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$((concat!($($what),*), self.$name),)*]
            }
        }
    };
}

totals! {
    /// rounds, each with a new ring
    rounds,
    /// events published
    published,
    /// events edited
    edited,
    /// events read by lossless readers
    read,
    /// events that an observer saw
    observed,
    /// events that observers and evicted readers missed
    missed,
    /// records of bytes published
    records_published,
    /// records of bytes read
    records_read,
    /// readers and observers that joined
    joins,
    /// readers that could not join where they should
    refused_joins,
    /// clones of readers
    clones,
    /// evictions
    evictions,
    /// readers that came after others which were at work
    followers,
    /// readers whose upstream left first
    orphans,
    /// rounds in which an editor left early
    broken_chains,
    /// managed threads
    managed,
    /// waits of wait sets that have found something
    set_waits,
    /// reading tasks
    tasks,
    /// futures that were dropped before they were ready
    cancelled,
    /// panics on purpose
    panics,
    /// publications refused because the ring was full
    refusals,
    /// sleeps of writers, and of the members that snapshots saw
    parks,
    /// wake-ups of readers and editors
    wakes,
    /// snapshots checked
    snapshots,
    /// values created and dropped
    values,
}

/// One counter.
#[derive(Debug, Default)]
pub(super) struct Total(AtomicU64);

impl Total {
    pub(super) fn add(&self, events: u64) {
        // ORDERING: a count alone.
        self.0.fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        // ORDERING: a count alone.
        self.0.load(Ordering::Relaxed)
    }
}
