//! Numbers with units that people read at a glance.

/// Writes a number with three significant digits, and no zeros at its end.
fn three_digits(number: f64) -> String {
    let decimals = match number {
        n if n >= 99.95 => 0,
        n if n >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Writes a time that is given in nanoseconds.
pub(super) fn nanos(nanos: f64) -> String {
    match nanos {
        n if n < 999.5 => format!("{n:.0} ns"),
        n if n < 999.5e3 => format!("{} µs", three_digits(n / 1e3)),
        n if n < 999.5e6 => format!("{} ms", three_digits(n / 1e6)),
        n => format!("{} s", three_digits(n / 1e9)),
    }
}

/// Writes a rate that is given in events a second.
pub(super) fn rate(rate: f64) -> String {
    match rate {
        r if r >= 999_500.0 => format!("{} M/s", three_digits(r / 1e6)),
        r if r >= 999.5 => format!("{} k/s", three_digits(r / 1e3)),
        r => format!("{}/s", three_digits(r)),
    }
}

/// Writes a count with its thing: "1 reader", "2 readers".
pub(super) fn count(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}
