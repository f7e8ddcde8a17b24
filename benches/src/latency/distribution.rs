//! Latencies boiled down: percentiles of a run, and their medians over the rounds.

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::figure::Figure;

/// Latencies above this are recorded as this, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;

/// Makes an empty histogram for latencies in nanoseconds, to three digits.
pub(super) fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are right")
}

/// Makes an empty one all of whose memory is really there, so that recording never
/// faults a page in.
pub(super) fn touched() -> Histogram<u64> {
    let mut histogram = empty();
    histogram.saturating_record(LONGEST);
    histogram.reset();
    histogram
}

/// Puts histograms together.
pub(super) fn merge<'a>(parts: impl IntoIterator<Item = &'a Histogram<u64>>) -> Histogram<u64> {
    let mut all = empty();
    for part in parts {
        all.add(part).expect("they have the same bounds");
    }
    all
}

/// Something for each of the percentiles that are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub(super) struct Levels<T> {
    pub(super) p50: T,
    pub(super) p90: T,
    pub(super) p99: T,
    #[serde(rename = "p99.9")]
    pub(super) p99_9: T,
    #[serde(rename = "p99.99")]
    pub(super) p99_99: T,
    pub(super) max: T,
}

impl Levels<()> {
    /// How the percentiles are called, in their order.
    pub(super) const NAMES: [&'static str; 6] = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];
}

impl<T> Levels<T> {
    /// Asks for each level, given as a fraction.
    pub(super) fn of(mut at: impl FnMut(f64) -> T) -> Self {
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: at(1.0),
        }
    }

    /// Returns them in the order of [`Levels::NAMES`].
    pub(super) fn list(&self) -> [&T; 6] {
        [&self.p50, &self.p90, &self.p99, &self.p99_9, &self.p99_99, &self.max]
    }
}

/// Returns a run's percentiles in nanoseconds. A percentile that less than one event
/// lies above has not been measured, and is `None`.
pub(super) fn levels(histogram: &Histogram<u64>) -> Levels<Option<u64>> {
    let events = histogram.len() as f64;
    Levels::of(|level| {
        // A hair's breadth for the rounding of `1.0 - level`.
        let known = level == 1.0 || events * (1.0 - level) >= 1.0 - 1e-6;
        (known && !histogram.is_empty()).then(|| histogram.value_at_quantile(level))
    })
}

/// Returns each percentile over the rounds in which it was measured, if there are any.
pub(super) fn over_rounds(rounds: &[Levels<Option<u64>>]) -> Levels<Option<Figure>> {
    let mut index = 0..;
    Levels::of(|_| {
        let level = index.next().unwrap_or_default();
        let known = rounds.iter().filter_map(|round| *round.list()[level]);
        let known: Vec<f64> = known.map(|nanos| nanos as f64).collect();
        (!known.is_empty()).then(|| Figure::of(known))
    })
}
