//! How a stream is reached, and what it has to be like.

mod access;
mod settings;
mod storage;
mod stream;

pub use access::{Access, Secret};
pub use settings::UnsafeSetting;
pub(crate) use settings::{check, describe};
pub use storage::Storage;
pub use stream::StreamOptions;
