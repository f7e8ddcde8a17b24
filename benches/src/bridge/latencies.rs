//! Times boiled down to what is reported of them.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Two percentiles of some times, in microseconds.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Latencies {
    /// How many there were.
    pub count: usize,
    /// The middle one.
    pub p50: f64,
    /// One of a hundred takes longer.
    pub p99: f64,
}

impl Latencies {
    /// Sums up times in nanoseconds.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn of(mut nanos: Vec<u64>) -> Result<Self> {
        ensure!(!nanos.is_empty(), "nothing was measured");
        nanos.sort_unstable();
        let count = nanos.len();
        let at = |level: f64| nanos[((count as f64 * level) as usize).min(count - 1)] as f64 / 1e3;
        Ok(Self { count, p50: at(0.5), p99: at(0.99) })
    }
}

#[cfg(test)]
mod tests {
    use super::Latencies;

    #[test]
    fn percentiles_do_not_depend_on_the_order() {
        let nanos = (0..1000).rev().map(|nanos| nanos * 1000);
        let found = Latencies::of(nanos.collect()).expect("there are some");
        assert_eq!(found, Latencies { count: 1000, p50: 500.0, p99: 990.0 });
    }

    #[test]
    fn nothing_has_no_percentiles() {
        assert!(Latencies::of(Vec::new()).is_err());
    }
}
