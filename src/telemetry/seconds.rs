//! Serializes durations as seconds, which most consumers of a serialized snapshot expect.

#![forbid(unsafe_code)]

use core::time::Duration;

use serde::{Serialize, Serializer};

pub(super) fn of<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

pub(super) fn of_some<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}
