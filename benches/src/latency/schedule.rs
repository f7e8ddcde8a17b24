//! When each event is due.

use super::clock::{Clock, SPAN};
use super::rate::Rate;

/// A timetable: event `i` is due at `start + i / rate`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    start: u64,
    /// Ticks from one event to the next, in units of `2^-FRACTION`. An error of half
    /// a unit comes to half a tick after a thousand million events.
    step: u64,
}

const FRACTION: u32 = 30;

impl Schedule {
    /// Makes the timetable for a rate on this clock.
    pub(super) fn new(clock: &Clock, start: u64, rate: Rate) -> Self {
        Self::with_span(start, rate, clock.span_nanos())
    }

    /// Makes it for a clock of which [`SPAN`] ticks are so many nanoseconds.
    pub(super) fn with_span(start: u64, rate: Rate, span_nanos: u64) -> Self {
        let nanos_per_second = 1_000_000_000;
        let numerator = (nanos_per_second * u128::from(SPAN)) << FRACTION;
        let denominator = u128::from(span_nanos) * u128::from(rate.per_second());
        let step = (numerator + denominator / 2) / denominator;
        // At one event a second and eight ticks a nanosecond this is just below 2^63.
        Self { start, step: u64::try_from(step).expect("no counter ticks that fast") }
    }

    /// Returns when event `number` is due. It is computed from the start each time,
    /// so that nothing adds up.
    #[inline]
    pub(super) fn due(&self, number: u64) -> u64 {
        self.start + ((u128::from(self.step) * u128::from(number)) >> FRACTION) as u64
    }
}
