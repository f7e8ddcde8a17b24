//! How a shipper is doing.

use std::time::Duration;

use broadring::Sequence;

/// How a shipper is doing: from [`Shipper::stats`](crate::Shipper::stats).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ShipperStats {
    /// The epoch of the writer.
    pub epoch: u64,
    /// The sequence before which everything is in the stream.
    pub acknowledged: Sequence,
    /// The sequence after the last event that is in a frame.
    pub framed: Sequence,
    /// How many frames were acknowledged.
    pub frames: u64,
    /// The bytes of these frames.
    pub bytes: u64,
    /// How many messages are not acknowledged.
    pub in_flight: u64,
    /// How often the shipper did not know what was accepted, and had to ask.
    pub doubts: u64,
    /// Since when nothing was acknowledged although something is on its way, if that is longer than a second.
    pub outage: Option<Duration>,
    /// Why it has stopped, if it has.
    pub failure: Option<String>,
}
