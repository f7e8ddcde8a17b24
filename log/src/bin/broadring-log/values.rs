//! What the values of options mean.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytesize::ByteSize;
use jiff::{SpanRelativeTo, Timestamp};

use broadring_log::{Durability, OnFailure};

/// A number of bytes: `65536`, `64KiB`, `1GB`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>()
        .map(|size| size.as_u64())
        .map_err(|error| format!("{error}: a number of bytes is written like 65536, 64KiB, or 1GB"))
}

/// A time span: `90s`, `10m`, `7d`.
pub(crate) fn time(text: &str) -> anyhow::Result<Duration> {
    let span: jiff::Span =
        text.parse().context("a time span is written like 90s, 10m, 1h30m, or 7d")?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours())?;
    Duration::try_from(duration).ok().context("the time span is negative")
}

/// A moment, in nanoseconds since 1970: in RFC 3339, or so long ago.
pub(crate) fn moment(text: &str) -> anyhow::Result<u64> {
    let moment = match text.strip_prefix('-') {
        Some(ago) => Timestamp::now().checked_sub(time(ago)?)?,
        None => text.parse::<Timestamp>().context(
            "a moment is written like 2026-01-31T12:00:00Z, or like -10m for ten minutes ago",
        )?,
    };
    u64::try_from(moment.as_nanosecond()).context("the moment is before 1970, or too far away")
}

/// A moment for people: in UTC.
pub(crate) fn shown(stamp: u64) -> String {
    Timestamp::from_nanosecond(stamp.into())
        .map_or_else(|_| stamp.to_string(), |at| format!("{at:.6}"))
}

fn milliseconds(text: &str) -> anyhow::Result<Duration> {
    let number = text.parse().with_context(|| format!("{text:?} is no number of milliseconds"))?;
    Ok(Duration::from_millis(number))
}

/// When what was recorded has to be on the disk.
pub(crate) fn durability(text: &str) -> anyhow::Result<Durability> {
    let (kind, value) = text.split_once('=').unwrap_or((text, ""));
    Ok(match (kind, value) {
        ("batch", "") => Durability::EveryBatch,
        ("system", "") => Durability::System,
        ("interval", value) if !value.is_empty() => Durability::Interval(milliseconds(value)?),
        ("every", value) => {
            let (events, within) =
                value.split_once(',').context("`every` is written like every=1000,20")?;
            let events = events.parse().with_context(|| format!("{events:?} is no number"))?;
            ensure!(events > 0, "at least one event");
            Durability::Every { events, within: milliseconds(within)? }
        }
        _ => bail!("it is one of batch, every=N,MS, interval=MS, and system"),
    })
}

/// What happens when the file system refuses.
pub(crate) fn on_failure(text: &str) -> anyhow::Result<OnFailure> {
    let (kind, value) = text.split_once('=').unwrap_or((text, ""));
    Ok(match (kind, value) {
        ("stop", "") => OnFailure::Stop,
        ("leave", "") => OnFailure::Leave,
        ("memory", value) => {
            let (within, most) = value.split_once(',').context(
                "`memory` is written like memory=30s,64MiB: for how long, and for how much",
            )?;
            let most = bytes(most).map_err(anyhow::Error::msg)?;
            OnFailure::Memory { within: time(within)?, bytes: usize::try_from(most)? }
        }
        _ => bail!("it is one of stop, memory=TIME,BYTES, and leave"),
    })
}
