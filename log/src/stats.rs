//! What a log counts.

use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use broadring::Sequence;
use hdrhistogram::Histogram;

use crate::bookkeeping::Progress;

/// The longest time that the histogram tells from others, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// What a log counts, at one moment. All numbers are since the log was opened.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LogStats {
    /// The sequence before which everything is as durable as the policy promises.
    pub committed: Sequence,
    /// The sequence before which everything is on the disk.
    pub durable: Sequence,
    /// How many events were appended.
    pub events: u64,
    /// How many frames they became.
    pub frames: u64,
    /// How many bytes the frames have.
    pub bytes: u64,
    /// How often segments were synced.
    pub syncs: u64,
    /// How long that took each time.
    pub sync_times: SyncTimes,
    /// How often writing or syncing has failed.
    pub failures: u64,
    /// Why segments could not be removed the last time, if that has failed since it last succeeded.
    pub retention_failure: Option<String>,
}

impl fmt::Display for LogStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events in {} frames, {} bytes; on the disk before {}; {} syncs, {}",
            self.events, self.frames, self.bytes, self.durable, self.syncs, self.sync_times
        )?;
        if self.failures > 0 {
            write!(f, "; {} failures", self.failures)?;
        }
        match &self.retention_failure {
            Some(failure) => write!(f, "; old segments stay: {failure}"),
            None => Ok(()),
        }
    }
}

/// How long syncing has taken: a histogram, to within one in a hundred.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncTimes(Histogram<u64>);

impl SyncTimes {
    /// How often there was one.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time that this part of all have not exceeded: 0.5 is the median. Zero if there were none.
    pub fn quantile(&self, part: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(part))
    }

    /// The longest of all.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// Returns the times, each with how many were not longer and longer than the one before.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.0.iter_recorded().map(|bucket| {
            (Duration::from_micros(bucket.value_iterated_to()), bucket.count_at_value())
        })
    }
}

impl fmt::Display for SyncTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "half within {:?}, 99 of 100 within {:?}",
            self.quantile(0.5),
            self.quantile(0.99)
        )
    }
}

/// Seconds, by name.
#[cfg(feature = "serde")]
impl serde::Serialize for SyncTimes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut times = serializer.serialize_struct("SyncTimes", 5)?;
        times.serialize_field("count", &self.count())?;
        for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
            times.serialize_field(name, &self.quantile(part).as_secs_f64())?;
        }
        times.serialize_field("max", &self.longest().as_secs_f64())?;
        times.end()
    }
}

/// What a log counts, as it is counted.
#[derive(Debug)]
pub(crate) struct Counters(Mutex<LogStats>);

impl Default for Counters {
    fn default() -> Self {
        let times =
            Histogram::new_with_max(LONGEST, 2).expect("an hour can be counted in microseconds");
        Self(Mutex::new(LogStats {
            committed: 0.into(),
            durable: 0.into(),
            events: 0,
            frames: 0,
            bytes: 0,
            syncs: 0,
            sync_times: SyncTimes(times),
            failures: 0,
            retention_failure: None,
        }))
    }
}

impl Counters {
    pub(crate) fn snapshot(&self, progress: Progress) -> LogStats {
        let mut stats = self.lock().clone();
        stats.committed = progress.committed.into();
        stats.durable = progress.synced.into();
        stats
    }

    pub(crate) fn add_frame(&self, events: u64, bytes: u64) {
        let mut stats = self.lock();
        stats.events += events;
        stats.frames += 1;
        stats.bytes += bytes;
    }

    pub(crate) fn add_sync(&self, time: Duration) {
        let mut stats = self.lock();
        stats.syncs += 1;
        stats.sync_times.0.saturating_record(time.as_micros().try_into().unwrap_or(u64::MAX));
    }

    pub(crate) fn add_failure(&self) {
        self.lock().failures += 1;
    }

    pub(crate) fn note_retention(&self, failure: Option<String>) {
        self.lock().retention_failure = failure;
    }

    fn lock(&self) -> MutexGuard<'_, LogStats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
