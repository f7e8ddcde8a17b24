//! Atomic broadcast inside one process.

#[cfg(not(target_has_atomic = "64"))]
compile_error!("broadring needs atomic operations on 64 bits");

mod batch;
mod builder;
mod claim;
#[cfg(doctest)]
mod compile_fail;
mod cursor;
mod error;
mod event_count;
mod fences;
mod gates;
mod pacing;
mod reader;
mod ring;
mod sequence;
mod sequencer;
mod slots;
mod subscribe;
mod sync;
mod wait;
mod watch;
mod writer;

pub use batch::{Batch, BatchEvents, Iter};
pub use builder::RingBuilder;
pub use claim::{Claim, IterMut};
pub use error::{
    CapacityError, ClaimError, Closed, PublishTimeoutError, ReadTimeoutError, SubscribeError,
    TryClaimError, TryPublishError, TryReadError,
};
pub use reader::{Events, Reader};
pub use ring::Ring;
pub use sequence::Sequence;
pub use subscribe::ReaderBuilder;
pub use wait::Wait;
pub use writer::Writer;
