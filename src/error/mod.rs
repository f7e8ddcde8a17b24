//! Every error. Each kind of request has an error type of its own; the crate's documentation has
//! a table of them.
//!
//! May use: `sync`, `member`, `sequence`.

#![forbid(unsafe_code)]

mod building;
mod joining;
mod publishing;
mod reading;
mod records;

pub use building::CapacityError;
pub use joining::{AfterError, NotRetained, SubscribeError, TooManyReaders};
pub use publishing::{
    ClaimError, ClaimTimeout, ClaimTimeoutError, PublishTimeoutError, TryClaimError,
    TryPublishError,
};
pub use reading::{End, Evicted, ReadTimeoutError, TryReadError, UpstreamLeft};
pub use records::{RecordTimeoutError, RecordTooLarge, RefusedRecord, TryRecordError};
