//! Messages as bytes.

use broadring_log::{Frame, FrameError, LogId};
use bytes::Bytes;

use super::notice::Notice;
use crate::protocol::{Link, MessageId};

/// How many bytes a message has in front of what is in it: the identity of the stream.
pub(crate) const OVERHEAD: usize = 16;

/// Makes the payload of a message.
pub(crate) fn enclose(stream: LogId, body: &[u8]) -> Bytes {
    [&stream.to_bytes(), body].concat().into()
}

/// What is in a message.
#[derive(Clone, Debug)]
pub(crate) enum Content<'a> {
    Notice(Notice),
    Frame(Frame<'a>),
}

/// A message that was found right.
#[derive(Clone, Debug)]
pub(crate) struct Opened<'a> {
    pub(crate) stream: LogId,
    pub(crate) link: Link,
    pub(crate) content: Content<'a>,
}

/// A message that nobody has sent who keeps to the protocol, or that has changed on the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// It is too short, or begins with something else.
    #[error("it is no message of a stream of broadring")]
    Foreign,
    /// It belongs to another stream.
    #[error("it belongs to the stream {found}, not to {expected}")]
    OtherStream {
        /// The stream that is read.
        expected: LogId,
        /// The stream that the message says it is from.
        found: LogId,
    },
    /// A claim or a resignation is not right.
    #[error("{0}")]
    Notice(&'static str),
    /// A frame is not right.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// It has another id than its contents ask for.
    #[error("its id is {found:?} instead of {expected}")]
    Id {
        /// The id that its contents ask for.
        expected: MessageId,
        /// The id that it has.
        found: String,
    },
}

/// Reads a message with this id. It has to be of the stream that is expected, if one is.
pub(crate) fn open<'a>(
    payload: &'a [u8],
    id: &str,
    expected: Option<LogId>,
) -> Result<Opened<'a>, WireError> {
    let (stream, body) = payload.split_first_chunk::<OVERHEAD>().ok_or(WireError::Foreign)?;
    let stream = LogId::from_bytes(*stream);
    if let Some(expected) = expected
        && stream != expected
    {
        return Err(WireError::OtherStream { expected, found: stream });
    }
    let (link, content) = if Notice::is_one(body) {
        let notice = Notice::decode(body, stream).map_err(WireError::Notice)?;
        let link = Link { id: notice.id(), first: notice.next, end: notice.next };
        (link, Content::Notice(notice))
    } else {
        let frame = Frame::parse(body, stream)?;
        let (first, end) = (frame.first_sequence().into(), frame.end_sequence().into());
        let id = MessageId::Frame { epoch: frame.epoch(), first };
        (Link { id, first, end }, Content::Frame(frame))
    };
    if link.id.to_string() != id {
        return Err(WireError::Id { expected: link.id, found: id.to_owned() });
    }
    Ok(Opened { stream, link, content })
}
