//! What looks after a log as a whole: verifying all of it, and repairing it.
//!
//! The highest layer. Nothing here runs unless it is asked for.

mod aside;
mod facts;
mod found;
mod plan;
mod repair;
mod repaired;
mod seek;
mod segment;
mod verification;
mod verify;

pub use plan::Keep;
pub use repair::Repair;
pub use repaired::{Mended, Repaired};
pub use verification::{Checked, Remark, Tail, Verification};
pub use verify::{verify, verify_on};
