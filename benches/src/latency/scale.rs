//! Logarithmic axes: where they begin and end, and which lines have a label.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::rate::Rate;
use super::units;

/// An axis in powers of ten.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Where it begins and ends.
    pub(super) range: Range<f64>,
    /// The lines with a label.
    pub(super) labelled: Vec<f64>,
    /// The lines between.
    pub(super) fine: Vec<f64>,
    /// What stands at a labelled line.
    pub(super) label: fn(f64) -> String,
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (f64::from(limit.1 - limit.0) * part).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight().allow_light_points() {
            true => self.fine.clone(),
            false => self.labelled.clone(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, step: &f64) -> String {
        (self.label)(*step)
    }
}

/// An axis of latencies begins at this or less, in nanoseconds, if anything is on the scale.
const BOTTOM: f64 = 1000.0;

/// An axis of latencies reaches at least up to the first, in nanoseconds, and never beyond the second.
const TOP: Range<f64> = 10_000.0..100_000.0;

/// An axis of latencies in nanoseconds that gives the interesting ones the room. `reached` are those
/// of subjects that kept up, `others` those of queues that grew. What is above the axis is off the
/// scale.
pub(super) fn interesting(reached: &[f64], others: &[f64]) -> Scale {
    let all = || reached.iter().chain(others).copied();
    let least = all().fold(f64::INFINITY, f64::min);
    let greatest = reached.iter().copied().fold(TOP.start, f64::max).min(TOP.end);
    if least < greatest {
        return latencies(least.min(BOTTOM), greatest);
    }
    // Everything there is would be off the scale.
    let greatest = all().fold(1000.0, f64::max);
    latencies(least.min(greatest / 10.0), greatest)
}

/// An axis of latencies, from the least to the greatest, in nanoseconds.
pub(super) fn latencies(least: f64, greatest: f64) -> Scale {
    let (least, greatest) = (least.max(1.0), greatest.max(least.max(1.0) * 2.0));
    let steps = |factors: &'static [f64]| {
        (0..=11).flat_map(move |decade| {
            factors.iter().map(move |factor| f64::from(decade) + factor.log10())
        })
    };
    let nice = &[1.0, 2.0, 5.0];
    // A hair's breadth, so that a value on a line needs no further one.
    let low = steps(nice).rfind(|step| *step <= least.log10() + 1e-9).unwrap_or(0.0);
    let high = steps(nice).find(|step| *step >= greatest.log10() - 1e-9).unwrap_or(11.0);
    let inside = |step: &f64| (low - 1e-9..=high + 1e-9).contains(step);
    let labelled: &[f64] = if high - low > 3.5 { &[1.0] } else { nice };
    Scale {
        range: low..high,
        labelled: steps(labelled).filter(inside).collect(),
        fine: steps(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).filter(inside).collect(),
        label: |step| units::nanos(10_f64.powf(step)),
    }
}

/// An axis of rates, with a label at each of them.
pub(super) fn rates(rates: &[Rate]) -> Scale {
    let steps: Vec<f64> = rates.iter().map(|rate| (rate.per_second() as f64).log10()).collect();
    let low = steps.first().copied().unwrap_or(0.0);
    let high = steps.last().copied().unwrap_or(1.0);
    let margin = ((high - low) * 0.04).max(0.05);
    let mut labelled: Vec<f64> = Vec::new();
    for &step in &steps {
        // Labels nearer than this would run into each other.
        let apart = (high - low + 2.0 * margin) * 0.09;
        if labelled.last().is_none_or(|last| step - last >= apart) {
            labelled.push(step);
        }
    }
    Scale {
        range: low - margin..high + margin,
        labelled,
        fine: steps,
        label: |step| units::rate(10_f64.powf(step).round()),
    }
}

/// An axis of percentiles: the logarithm of `1 / (1 - p)`, to the given one.
pub(super) fn percentiles(last: f64) -> Scale {
    let last = last.max(2.0);
    let nines = (1..=12).map(f64::from).filter(|nines| *nines <= last + 1e-9);
    // The first two labels would run into each other on a long axis.
    let zero = (last <= 5.0).then_some(0.0);
    let labelled: Vec<f64> = zero.into_iter().chain([2_f64.log10()]).chain(nines).collect();
    Scale {
        range: 0.0..last,
        fine: labelled.clone(),
        labelled,
        label: |step| match step.round() as usize {
            0 if step < 0.1 => "0 %".to_owned(),
            0 => "50 %".to_owned(),
            nines => {
                let percent = 100.0 - 10_f64.powi(2 - nines as i32);
                format!("{percent:.*} %", nines.saturating_sub(2))
            }
        },
    }
}
