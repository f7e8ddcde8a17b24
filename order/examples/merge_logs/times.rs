//! The time that a line begins with.

use broadring_order::Stamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Reads times. Where a line leaves out the zone, it is that of the system; where it leaves out the
/// year, it is the latest with which the time is not in the future.
pub(crate) struct Times {
    zone: TimeZone,
    now: Timestamp,
}

impl Times {
    pub(crate) fn now() -> Self {
        Self { zone: TimeZone::system(), now: Timestamp::now() }
    }

    /// Returns the time that the line begins with, in nanoseconds since 1970; `None` if it begins with
    /// something else. A time before 1970 is taken to be the beginning of it.
    pub(crate) fn of(&self, line: &[u8]) -> Option<Stamp> {
        let line = line.strip_prefix(b"[").unwrap_or(line);
        let time = self.iso(line).or_else(|| self.syslog(line)).or_else(|| unix(line))?;
        let nanoseconds = time.as_nanosecond().max(0);
        Some(Stamp::new(u64::try_from(nanoseconds).unwrap_or(Stamp::MAX.get() - 1)))
    }

    /// `2026-11-28T21:00:00`, also with a space, a fraction after a point or a comma, and a zone.
    fn iso(&self, line: &[u8]) -> Option<Timestamp> {
        const SHAPE: &[u8] = b"0000-00-00T00:00:00";
        let fits = |(byte, shape): (&u8, &u8)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't' | b' '),
            _ => byte == shape,
        };
        let seconds = line.get(..SHAPE.len()).filter(|line| line.iter().zip(SHAPE).all(fits))?;
        let rest = &line[seconds.len()..];
        let fraction = match rest {
            [b'.' | b',', digits @ ..] => match digits_of(digits) {
                0 => 0,
                digits => 1 + digits,
            },
            _ => 0,
        };
        let (local, rest) = line.split_at(seconds.len() + fraction);
        let local: DateTime = text(local)?.replace(',', ".").parse().ok()?;
        match zone(rest) {
            Some(east) => {
                Some(jiff::tz::Offset::from_seconds(east).ok()?.to_timestamp(local).ok()?)
            }
            None => self.zone.to_timestamp(local).ok(),
        }
    }

    /// `Nov 28 21:00:00`, `Nov  8 21:00:00`.
    fn syslog(&self, line: &[u8]) -> Option<Timestamp> {
        const LEN: usize = "Nov 28 21:00:00".len();
        let there = line.get(..LEN).filter(|line| line[0].is_ascii_alphabetic())?;
        let mut time = BrokenDownTime::parse("%b %e %H:%M:%S", there).ok()?;
        let latest = self.now + SignedDuration::from_hours(24); // their clock may be ahead of ours
        let this_year = self.zone.to_datetime(self.now).year();
        (this_year - 8..=this_year + 1).rev().find_map(|year| {
            time.set_year(Some(year)).ok()?;
            // In other years than a leap year there is no 29th of February.
            let time = self.zone.to_timestamp(time.to_datetime().ok()?).ok()?;
            (time <= latest).then_some(time)
        })
    }
}

/// Seconds since 1970, with a fraction or without: ten digits, as they have been since 2001.
fn unix(line: &[u8]) -> Option<Timestamp> {
    let digits = digits_of(line);
    let (seconds, rest) = line.split_at(digits);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(digits_of(rest)),
        _ => (&[][..], rest),
    };
    let ends = rest.first().is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'-');
    if digits != 10 || !ends {
        return None;
    }
    let seconds = text(seconds)?.parse().ok()?;
    let nanoseconds = fraction.iter().chain([b'0'; 9].iter()).take(9);
    let nanoseconds = nanoseconds.fold(0, |sum, digit| 10 * sum + i32::from(digit - b'0'));
    Timestamp::new(seconds, nanoseconds).ok()
}

/// Reads a zone, `Z`, `+01:00`, `+0100` or `+01`, the middle two also after a space: how many seconds
/// it is to the east.
fn zone(rest: &[u8]) -> Option<i32> {
    let (rest, spaced) = rest.strip_prefix(b" ").map_or((rest, false), |rest| (rest, true));
    let number = |tens: &u8, ones: &u8| {
        let digits = [tens, ones].map(|digit| (*digit as char).to_digit(10));
        Some(10 * i32::try_from(digits[0]?).ok()? + i32::try_from(digits[1]?).ok()?)
    };
    let (sign, [h, ours, rest @ ..]) = (match rest {
        [b'Z' | b'z', ..] if !spaced => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    }) else {
        return None;
    };
    let hours = number(h, ours)?;
    let minutes = match rest {
        [b':', m, inutes, ..] | [m, inutes, ..] => number(m, inutes),
        _ => None,
    };
    let minutes = if spaced { minutes? } else { minutes.unwrap_or(0) };
    Some(sign * 60 * (60 * hours + minutes))
}

fn digits_of(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Times {
        // 2026-11-28T21:00:00Z
        let now = Timestamp::from_second(1_795_899_600).expect("a time");
        Times { zone: TimeZone::UTC, now }
    }

    fn nanoseconds(line: &str) -> Option<u64> {
        times().of(line.as_bytes()).map(Stamp::get)
    }

    const NINE: u64 = 1_795_899_600_000_000_000;

    #[test]
    fn all_spellings_of_a_time_are_the_same() {
        for line in [
            "2026-11-28T21:00:00Z x",
            "2026-11-28t21:00:00.000z",
            "2026-11-28 21:00:00",
            "2026-11-28 21:00:00 text",
            "2026-11-28 21:00:00 -text",
            "2026-11-28 21:00:00,000 x",
            "2026-11-28T22:00:00+01:00",
            "2026-11-28T22:30:00+0130 x",
            "2026-11-28 16:00:00 -0500 x",
            "2026-11-28T20:00:00-01",
            "[2026-11-28T21:00:00Z INFO x]",
            "Nov 28 21:00:00 host x",
            "1795899600",
            "1795899600.0: x",
            "[1795899600.000] x",
        ] {
            assert_eq!(nanoseconds(line), Some(NINE), "{line}");
        }
    }

    #[test]
    fn fractions_count() {
        assert_eq!(nanoseconds("2026-11-28 21:00:00,123 x"), Some(NINE + 123_000_000));
        assert_eq!(nanoseconds("2026-11-28T21:00:00.000000001Z"), Some(NINE + 1));
        assert_eq!(nanoseconds("2026-11-28T22:00:00.5+01:00 x"), Some(NINE + 500_000_000));
        assert_eq!(nanoseconds("1795899600.25 x"), Some(NINE + 250_000_000));
    }

    #[test]
    fn other_beginnings_are_no_time() {
        for line in [
            "",
            "\n",
            "    at com.example.Main.main(Main.java:5)",
            "Caused by: 2026-11-28T21:00:00Z",
            "2026-11-28",
            "2026-13-28 21:00:00",
            "2026-11-31 21:00:00",
            "1234567890abc",
            "1234567890-1",
            "42 is the answer",
            "Nov 31 21:00:00",
            "Nov 28 25:00:00",
            "Ncv 28 21:00:00",
        ] {
            assert_eq!(nanoseconds(line), None, "{line}");
        }
        assert_eq!(times().of(b"\xff\xfe28 21:00:00\xff\xff\xff\xff\xff\xff\xff"), None);
    }

    #[test]
    fn a_time_without_a_year_is_not_in_the_future() {
        let day = 86_400_000_000_000;
        assert_eq!(nanoseconds("Nov 29 20:00:00"), Some(NINE + day - 3_600_000_000_000));
        assert_eq!(nanoseconds("Nov 30 21:00:00"), Some(NINE - 363 * day));
        assert_eq!(nanoseconds("Nov  8 21:00:00"), Some(NINE - 20 * day));
        let leap_day = nanoseconds("2024-02-29 12:00:00");
        assert_eq!(nanoseconds("Feb 29 12:00:00"), leap_day);
    }
}
