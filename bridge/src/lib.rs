//! The same stream on many machines: what a ring publishes goes through NATS JetStream into rings elsewhere, each event
//! once, under the same sequence, in the same order.

#![forbid(unsafe_code)]

// Lowest first; each uses only those before it.
pub mod protocol;

mod wire;

mod trace;

mod options;

mod cluster;

mod embedded;

mod stream;

mod election;

mod ship;

mod mirror;

#[cfg(feature = "servers")]
pub mod servers;

pub use cluster::{ConnectError, MirrorInfo, Replica, RequestError, StreamStatus};
pub use election::{Candidate, ClaimError, Leadership};
pub use mirror::{Mirror, MirrorBuilder, MirrorEnd, MirrorError, MirrorStats};
pub use options::{Access, Secret, Storage, StreamOptions, UnsafeSetting};
pub use ship::{
    OnOutage, ShipError, Shipper, ShipperBuilder, ShipperStats, StartError, StoppedError, Window,
};
pub use stream::Stream;
pub use wire::WireError;
