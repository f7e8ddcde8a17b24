//! What can go wrong with the servers.

use std::io;
use std::sync::Arc;

use broadring_log::ReadError;

use crate::options::UnsafeSetting;
use crate::wire::WireError;

/// A stream that cannot be reached, or must not be used. No error has a secret in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no thread for it.
    #[error("cannot start a thread for the network: {0}")]
    Thread(#[source] io::Error),
    /// A file that says who one is cannot be read.
    #[error("cannot read the credentials: {0}")]
    Credentials(String),
    /// No server answers, or it does not let one in.
    #[error("cannot connect to {servers}: {reason}")]
    Connect {
        /// Where the servers should be.
        servers: String,
        /// What the client says.
        reason: String,
    },
    /// A name that no stream can have.
    #[error("{0:?} is no name of a stream: letters, digits, `-` and `_` make one")]
    Name(String),
    /// There is no such stream, and it is not to be made.
    #[error("there is no stream {0}")]
    NoStream(String),
    /// The stream cannot be made.
    #[error("cannot make the stream {name}: {reason}")]
    Create {
        /// Its name.
        name: String,
        /// What the servers say.
        reason: String,
    },
    /// The stream is there, and events could be lost in it.
    #[error("the stream {name} is not safe: {}", .settings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unsafe {
        /// Its name.
        name: String,
        /// What is not safe.
        settings: Vec<UnsafeSetting>,
    },
}

/// A question that the servers did not answer, or with something that cannot be.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// There was no answer in time, or one that says that it cannot be answered now.
    #[error("the servers do not answer: {0}")]
    Unanswered(String),
    /// The servers have removed all messages, because of their age. With them it is gone which epoch has the stream, and
    /// with which event it goes on.
    #[error(
        "all {messages} messages of the stream were removed, so nobody can tell how it goes on"
    )]
    Emptied {
        /// How many there were.
        messages: u64,
    },
    /// There is a message in the stream that nobody has sent who keeps to the protocol.
    #[error("message {place} of the stream cannot be used: {source}")]
    Message {
        /// Its place in the stream.
        place: u64,
        /// What is wrong with it.
        source: WireError,
    },
    /// The log of an [embedded](crate::Stream::embedded) stream cannot be read.
    #[error(transparent)]
    Log(Arc<ReadError>),
}
