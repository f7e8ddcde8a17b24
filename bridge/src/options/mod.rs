//! How a stream is reached, and what it has to be like.

mod access;
mod settings;
mod stream;

pub use access::{Access, Secret};
pub use settings::{Storage, UnsafeSetting};
pub(crate) use settings::{check, describe};
pub use stream::StreamOptions;
