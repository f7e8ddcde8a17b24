//! How finely a counter counts.
//!
//! A counter of nominally two or three ticks per nanosecond may be driven by a much slower one, and
//! then advances by many ticks at once. In a virtual machine the step is often no whole number of
//! ticks: a hypervisor that scales a step of 24.5 ticks lets the guest see advances of 24 and of 25. A
//! greatest common divisor would be 1 there, so every step that fits the readings *to within a tick*
//! has to be considered.

#![forbid(unsafe_code)]

/// Steps are tried in fractions of a tick, of which there are so many in one.
const FRACTION: u64 = 64;

/// The largest step that is tried, in ticks: more than a microsecond.
const LARGEST: u64 = 4096;

/// How many steps long a difference may be so that it counts. The error of half a fraction in the
/// step is then at most half a tick in the difference.
const LONGEST: u64 = 64;

/// By how much a difference may miss a multiple of the step, in fractions of a tick: one tick because
/// both readings are rounded, and half a tick for the error of the step.
const TOLERANCE: u64 = FRACTION + FRACTION / 2;

/// Whether these differences between readings may come from a counter that advances by `ticks` or
/// more at once. `ticks` should be 4 or more: every number is close to a multiple of something smaller.
///
/// Says yes if there are too few differences to tell.
pub(super) fn may_be_at_least(ticks: u64, differences: &[u64]) -> bool {
    (ticks * FRACTION..=LARGEST * FRACTION).any(|step| fits(step, differences))
}

/// Whether every difference is close to a multiple of this step, which is in fractions of a tick.
fn fits(step: u64, differences: &[u64]) -> bool {
    let mut considered = differences
        .iter()
        .map(|difference| difference.saturating_mul(FRACTION))
        .filter(|difference| *difference < step * LONGEST);
    considered.all(|difference| {
        let over = difference % step;
        over <= TOLERANCE || step - over <= TOLERANCE
    })
}

#[cfg(test)]
mod tests;
