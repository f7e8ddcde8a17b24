//! What happens to a stream, as events of `tracing`, if that is wanted.

#![cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "nobody is told"))]

/// The stream has a new writer: this process.
pub(crate) fn claimed(writer: &str, epoch: u64, next: u64) {
    #[cfg(feature = "tracing")]
    tracing::info!(writer, epoch, next, "claimed the stream");
}

/// The writer does not know what was accepted.
pub(crate) fn uncertain(epoch: u64, in_flight: usize, reason: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(epoch, in_flight, reason, "asks what the stream has");
}

/// The writer goes on.
pub(crate) fn resumed(epoch: u64, acknowledged: u64, resent: usize) {
    #[cfg(feature = "tracing")]
    tracing::info!(epoch, acknowledged, resent, "goes on");
}

/// The writer is none any more.
pub(crate) fn deposed(epoch: u64, by: u64) {
    #[cfg(feature = "tracing")]
    tracing::warn!(epoch, by, "was deposed");
}

/// The writer has given the stream back.
pub(crate) fn resigned(epoch: u64, next: u64) {
    #[cfg(feature = "tracing")]
    tracing::info!(epoch, next, "gave the stream back");
}

/// A mirror does not get on.
pub(crate) fn stalled(mirror: &str, next: u64, reason: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(mirror, next, reason, "the mirror does not get on");
}

/// A mirror gets on again.
pub(crate) fn recovered(mirror: &str, next: u64) {
    #[cfg(feature = "tracing")]
    tracing::info!(mirror, next, "the mirror gets on again");
}
