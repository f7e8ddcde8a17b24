//! The servers: the connection, and what is asked of them.
//!
//! - `connect`: a stream at its servers
//! - `request`: what is in the stream
//! - `publish`: one message more
//! - `error`: what can go wrong

mod connect;
mod error;
mod publish;
mod request;

pub use connect::Stream;
pub(crate) use connect::Shared;
pub use error::{ConnectError, RequestError};
pub(crate) use publish::{Answer, Answers};
pub(crate) use request::{Found, MIRROR, pause};
pub use request::{MirrorInfo, Replica, StreamStatus};
