//! A rate as people write it: 10k, 2.5M.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};
use serde::Serialize;

use super::units;

/// So many events a second; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(super) struct Rate(u64);

impl Rate {
    /// The most that can be asked for: more than any clock here could tell apart.
    const MOST: u64 = 1_000_000_000;

    /// Returns the events a second.
    pub(super) fn per_second(self) -> u64 {
        self.0
    }

    /// Writes it for the name of a file, and as it may be typed.
    pub(super) fn slug(self) -> String {
        match self.0 {
            rate if rate % 1_000_000 == 0 => format!("{}M", rate / 1_000_000),
            rate if rate % 1_000 == 0 => format!("{}k", rate / 1_000),
            rate => rate.to_string(),
        }
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let shape = "a rate is a number of events a second, perhaps with k or M: 500, 10k, 2.5M";
        let (digits, unit) = match text.trim() {
            text if text.ends_with(['k', 'K']) => (&text[..text.len() - 1], 1e3),
            text if text.ends_with(['m', 'M']) => (&text[..text.len() - 1], 1e6),
            text => (text, 1.0),
        };
        // Otherwise "inf", "nan" and "1e9" would be numbers as well.
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        ensure!(plain, shape);
        let rate = digits.parse::<f64>().ok().context(shape)? * unit;
        ensure!(rate >= 1.0, "a rate must be at least one event a second");
        ensure!(rate <= Self::MOST as f64, "no clock can pace more than {} M a second", 1_000);
        Ok(Self(rate.round() as u64))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&units::rate(self.0 as f64))
    }
}
