//! The writer's side: what a ring or a log has becomes frames, which are sent to the servers.
//!
//! - `builder`: how a shipper is started; `options`: how much it has on its way, and what becomes of an outage
//! - `shipper`: the handles
//! - `feed`: where frames come from
//! - `run`: the task that sends them
//! - `status`: what the task and the handle have in common; `stats`, `metrics`: how it is doing
//! - `failure`: why it has stopped

mod builder;
mod failure;
mod feed;
#[cfg(feature = "metrics")]
mod metrics;
mod options;
mod run;
mod shipper;
mod stats;
mod status;

pub use builder::{ShipperBuilder, StartError};
pub use failure::{ShipError, StoppedError};
pub use options::{OnOutage, Window};
pub use shipper::Shipper;
pub use stats::ShipperStats;
