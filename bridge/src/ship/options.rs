//! How much a shipper has on its way, and what becomes of an outage.

use std::time::Duration;

use crate::protocol::LEAP;

/// What happens while the servers do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnOutage {
    /// The writer waits when the ring is full, for as long as it takes. To go on meanwhile, and to let the cluster catch
    /// up, put a [journal](broadring_log::Journal) on the ring, and [ship its log](crate::ShipperBuilder::start_log).
    #[default]
    Hold,
    /// The shipper stops when nothing was acknowledged for so long.
    Fail {
        /// How long.
        after: Duration,
    },
}

/// How much may be on its way to the servers, and how large the frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// How many frames that are not acknowledged: [`LEAP`] at most.
    pub frames: usize,
    /// How many bytes of them; one frame is sent in any case.
    pub bytes: usize,
    /// How many events of a frame.
    pub events_of_frame: usize,
    /// How many bytes of a frame; one event may be longer, up to what the servers take.
    pub bytes_of_frame: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { frames: 256, bytes: 16 << 20, events_of_frame: 4096, bytes_of_frame: 128 << 10 }
    }
}

impl Window {
    /// Sets [`frames`](Self::frames), from 1 to [`LEAP`].
    #[must_use]
    pub fn frames(self, frames: usize) -> Self {
        Self { frames: frames.clamp(1, LEAP as usize), ..self }
    }

    /// Sets [`bytes`](Self::bytes).
    #[must_use]
    pub fn bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// Sets [`events_of_frame`](Self::events_of_frame), at least 1.
    #[must_use]
    pub fn events_of_frame(self, events: usize) -> Self {
        Self { events_of_frame: events.max(1), ..self }
    }

    /// Sets [`bytes_of_frame`](Self::bytes_of_frame).
    #[must_use]
    pub fn bytes_of_frame(self, bytes: usize) -> Self {
        Self { bytes_of_frame: bytes, ..self }
    }
}
