//! A stream of events.

#![forbid(unsafe_code)]

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::{FusedStream, Stream};

use super::held::Held;
use crate::error::End;
use crate::handles::Reader;

impl<T> Reader<T> {
    /// Returns a stream of clones of the events. It ends when there is nothing more to read,
    /// and then knows [why](EventStream::end). When the stream is dropped, the reader goes on
    /// with the next event.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::{End, Ring};
    /// use futures::StreamExt;
    ///
    /// let (mut writer, ring) = Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3, 4]);
    /// drop(writer);
    /// futures::executor::block_on(async {
    ///     let head: Vec<_> = reader.stream().take(2).collect().await;
    ///     assert_eq!(head, [1, 2]);
    ///
    ///     let mut rest = reader.stream();
    ///     assert_eq!(rest.by_ref().collect::<Vec<_>>().await, [3, 4]);
    ///     assert_eq!(rest.end(), Some(&End::Closed));
    /// });
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn stream(&mut self) -> EventStream<'_, T>
    where
        T: Clone,
    {
        EventStream::new(Held::Lent(self))
    }

    /// Turns the reader into a stream of clones of the events: an
    /// [`EventStream<'static, T>`](EventStream), for code that takes a stream and keeps it.
    ///
    /// Dropping the stream makes the reader leave.
    pub fn into_stream<'r>(self) -> EventStream<'r, T>
    where
        T: Clone + 'r,
    {
        EventStream::new(Held::Owned(self))
    }
}

/// A stream of clones of the events; from [`Reader::stream`] and [`Reader::into_stream`].
///
/// It ends when the reader comes to an [`End`], of which there are several kinds. A program
/// that must tell them apart asks [`end`](Self::end) afterwards. The reader returns the same
/// end again to every later read.
///
/// An event counts as read when the stream yields it. Dropping the stream between two events loses
/// none.
#[must_use = "streams do nothing unless polled"]
pub struct EventStream<'r, T> {
    reader: Held<'r, Reader<T>>,
    /// Whether the task may be registered at an event count.
    registered: bool,
    end: Option<End>,
}

impl<'r, T> EventStream<'r, T> {
    fn new(reader: Held<'r, Reader<T>>) -> Self {
        Self { reader, registered: false, end: None }
    }

    /// Returns how the stream has ended; `None` until it has.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use futures::StreamExt;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(2).build(|| 0);
    /// let patience = Duration::from_millis(1);
    /// let mut reader = ring.reader().evict_after(patience).subscribe()?;
    /// writer.publish_all([1, 2, 3]); // waits for a millisecond before the third
    ///
    /// let mut stream = reader.stream();
    /// assert_eq!(futures::executor::block_on(stream.next()), None);
    /// assert!(stream.end().is_some_and(|end| end.is_evicted()));
    /// drop(stream);
    ///
    /// reader.rejoin()?;
    /// writer.publish(4);
    /// assert_eq!(futures::executor::block_on(reader.stream().next()), Some(4));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Returns the reader, for instance to ask for its position.
    pub fn reader(&self) -> &Reader<T> {
        &self.reader
    }
}

impl<T: Clone> Stream for EventStream<'_, T> {
    type Item = T;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { reader, registered, end } = &mut *self;
        reader.core.poll_fill(registered, cx).map(|filled| match filled {
            Ok(()) => {
                let hold = reader.core.hold();
                Some(reader.core.take_clone(hold))
            }
            Err(ended) => {
                *end = Some(ended);
                None
            }
        })
    }
}

impl<T: Clone> FusedStream for EventStream<'_, T> {
    fn is_terminated(&self) -> bool {
        self.end.is_some()
    }
}

impl<T> Drop for EventStream<'_, T> {
    fn drop(&mut self) {
        self.reader.core.deregister(&mut self.registered);
    }
}

impl<T> fmt::Debug for EventStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("reader", &*self.reader)
            .field("end", &self.end)
            .finish()
    }
}
