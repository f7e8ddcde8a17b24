//! A sink of events.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_sink::Sink;

use super::held::Held;
use crate::handles::Writer;
use crate::member::Member;

impl<T> Writer<T> {
    /// Returns a sink that publishes the events that it is sent, as soon as there is room. When the
    /// sink is closed or dropped, the writer can be used on: the ring stays open.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::{SinkExt, stream};
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// let mut numbers = stream::iter([1, 2, 3]).map(Ok);
    /// # use futures::StreamExt;
    /// futures::executor::block_on(writer.sink().send_all(&mut numbers)).unwrap();
    /// writer.publish(4);
    /// drop(writer);
    /// assert!(reader.iter().eq([1, 2, 3, 4]));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn sink(&mut self) -> EventSink<'_, T> {
        EventSink::new(Held::Lent(self))
    }

    /// Turns the writer into a sink that publishes the events that it is sent, as soon as there is
    /// room: an [`EventSink<'static, T>`](EventSink), for code that takes a sink and keeps it.
    ///
    /// Closing the sink, or dropping it, drops the writer, and that closes the ring.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::{StreamExt, stream};
    ///
    /// let (writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// let forwarding = stream::iter([1, 2, 3]).map(Ok).forward(writer.into_sink());
    /// futures::executor::block_on(forwarding).unwrap(); // has closed the sink
    /// assert!(ring.is_closed());
    /// assert!(reader.iter().eq([1, 2, 3]));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn into_sink<'w>(self) -> EventSink<'w, T>
    where
        T: 'w,
    {
        EventSink::new(Held::Owned(self))
    }
}

/// A sink of events; from [`Writer::sink`] and [`Writer::into_sink`].
///
/// The sink is ready when there is room in the ring, and publishes each event at once, so there is
/// never anything to flush. Once ready, it stays ready until the next event is sent.
///
/// As with any sink, the future of `SinkExt::send` owns its event until the sink is ready, and
/// drops the event if it is dropped before. A program that must not lose the event waits for
/// `poll_ready` first, or uses [`Writer::ready_async`].
#[must_use = "sinks do nothing unless polled"]
pub struct EventSink<'w, T> {
    /// `None` when the sink is closed.
    writer: Option<Held<'w, Writer<T>>>,
    /// Whether the task may be registered at the writer's event count.
    registered: bool,
}

impl<'w, T> EventSink<'w, T> {
    fn new(writer: Held<'w, Writer<T>>) -> Self {
        Self { writer: Some(writer), registered: false }
    }

    fn close(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.core.deregister(&mut self.registered);
        }
    }
}

impl<T> Sink<T> for EventSink<'_, T> {
    type Error = SinkError;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError>> {
        let Self { writer, registered } = &mut *self;
        let Some(writer) = writer else { return Poll::Ready(Err(SinkError::Closed)) };
        writer.core.poll_room(1, registered, cx).map_err(SinkError::EditorLeft)
    }

    #[inline]
    fn start_send(mut self: Pin<&mut Self>, event: T) -> Result<(), SinkError> {
        let writer = self.writer.as_mut().ok_or(SinkError::Closed)?;
        writer.try_publish(event).map(drop).map_err(|refused| match refused.editor_left() {
            Some(editor) => SinkError::EditorLeft(editor.clone()),
            None => SinkError::Full,
        })
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}

impl<T> Drop for EventSink<'_, T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for EventSink<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSink").field("writer", &self.writer.as_deref()).finish()
    }
}

/// Why a sink took no event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SinkError {
    /// An event was sent to a sink that was not ready: `poll_ready` must come first.
    Full,
    /// The sink was closed.
    Closed,
    /// This editor has left, and nothing more can be published.
    EditorLeft(Member),
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("an event was sent to a sink that is not ready"),
            Self::Closed => f.write_str("the sink is closed"),
            Self::EditorLeft(editor) => {
                write!(f, "nothing more can be published: the {editor} has left")
            }
        }
    }
}

impl Error for SinkError {}
