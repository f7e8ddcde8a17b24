//! Effects that happen once: consumers that read a log in batches from a durable position, and go on with it after
//! a crash.
//!
//! A [`Consumer`] has its position in the same transaction as the effects. A [`KeyedConsumer`] is for stores that
//! have no transaction for both: an effect that is repeated there replaces itself.

mod consumer;
mod error;
mod feed;
mod keyed;
mod limits;
mod place;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "sqlite")]
mod sqlite;
mod transactional;

pub use consumer::Consumer;
pub use error::{BoxError, ConsumeError};
pub use keyed::{KeyedConsumer, KeyedStore};
pub use place::Position;
pub use transactional::Transactional;
