//! Publishing in a task: the futures of a writer, and how a publishing task sleeps.

#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::FusedFuture;

use crate::error::{TryClaimError, TryPublishError};
use crate::handles::{Claim, Writer, WriterCore};
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::strong;
use crate::waiting::Owner;

/// The writer at its event count, where nothing else is registered.
const WRITER: Owner = Owner::Handle(0);

impl<T> Writer<T> {
    /// Publishes an event, and returns the sequence under which every reader sees it. Waits in
    /// a task while the ring is full.
    ///
    /// The future owns the event, and publishes it at the poll that returns `Ready`. If the
    /// future is dropped before, the event is dropped with it and is not published. To keep the
    /// event, [take it back](PublishFuture::into_inner), or wait with
    /// [`ready_async`](Self::ready_async) first.
    ///
    /// # Errors
    ///
    /// [`TryPublishError`] with the event and the name of the editor, if an
    /// [`Editor`](crate::Editor) has left and the ring is full. In a ring without editors it never
    /// fails.
    ///
    /// # Panics
    ///
    /// As [`publish`](Self::publish), when it is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(1).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// let publishing = async {
    ///     for number in [1, 2, 3] {
    ///         writer.publish_async(number).await.expect("no editor can leave");
    ///     }
    /// };
    /// let reading = async {
    ///     for number in [1, 2, 3] {
    ///         assert_eq!(reader.recv_async().await, Ok(number));
    ///     }
    /// };
    /// futures::executor::block_on(async { futures::join!(publishing, reading) });
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn publish_async(&mut self, event: T) -> PublishFuture<'_, T> {
        PublishFuture { room: Room::new(self, 1), event: Some(event) }
    }

    /// Waits in a task until there is room for so many events, and reserves it.
    ///
    /// Afterwards, publishing up to that many events does not wait: so many calls of
    /// [`publish`](Self::publish) or [`publish_with`](Self::publish_with), or one claim. (If
    /// more room is requested first, and refused, the reserved room may go to a reader that
    /// joins.) This is how to publish in a task and lose no event when the wait is cancelled:
    /// dropping the future changes nothing.
    ///
    /// # Errors
    ///
    /// [`TryClaimError::TooLarge`] if that is more than the capacity, [`TryClaimError::EditorLeft`]
    /// if there is less room and an [`Editor`](crate::Editor) has left. Never
    /// [`TryClaimError::Full`].
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example() -> Result<(), broadring::TryClaimError> {
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// writer.ready_async(2).await?;
    /// writer.publish(1); // does not wait
    /// writer.publish_with(|slot| *slot = 2); // nor does this
    /// # assert_eq!(writer.cursor().get(), 2);
    /// # Ok(())
    /// # }
    /// # futures::executor::block_on(example()).unwrap();
    /// ```
    pub fn ready_async(&mut self, events: usize) -> ReadyFuture<'_, T> {
        ReadyFuture(Room::new(self, events))
    }

    /// Claims the next `len` slots, to write them in place and publish them together. Waits in
    /// a task while fewer are free.
    ///
    /// # Errors
    ///
    /// As [`ready_async`](Self::ready_async).
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// # let mut reader = ring.subscribe()?;
    /// let mut claim = writer.claim_async(2).await?;
    /// (claim[0], claim[1]) = (1, 2);
    /// claim.publish();
    /// # assert!(reader.try_batch()?.events().eq(&[1, 2]));
    /// # Ok(())
    /// # }
    /// # futures::executor::block_on(example()).unwrap();
    /// ```
    pub fn claim_async(&mut self, len: usize) -> ClaimFuture<'_, T> {
        ClaimFuture(Room::new(self, len))
    }
}

impl<T> WriterCore<T> {
    /// Checks whether there is room for so many events, which must not be more than the
    /// capacity. If not, registers the task, so that it is woken when there may be, and sets
    /// `registered`. Fails with the editor that has left, if one has and there is no room.
    pub(super) fn poll_room(
        &mut self,
        events: u64,
        registered: &mut bool,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Member>> {
        let mut room = self.look_for_room(events);
        if room.is_none() {
            let sequencer = &self.shared().sequencer;
            let needed_position = self.window().needed_position(sequencer, events);
            if sequencer.freed.register_task(WRITER, needed_position, cx.waker()) {
                sequencer.counters.parks.add(1);
            }
            *registered = true;
            if strong!("asynch.reserve_again") {
                room = self.look_for_room(events);
            }
        }
        room.map_or(Poll::Pending, |room| {
            self.deregister(registered);
            Poll::Ready(room)
        })
    }

    /// Removes the registration that `poll_room` has made, if any.
    pub(super) fn deregister(&self, registered: &mut bool) {
        if mem::take(registered) {
            self.shared().sequencer.freed.deregister_task(WRITER);
        }
    }

    fn look_for_room(&mut self, events: u64) -> Option<Result<(), Member>> {
        if self.try_reserve(events) {
            return Some(Ok(()));
        }
        self.shared().sequencer.departed_editor().map(|editor| Err(editor.clone()))
    }
}

/// A writer that is lent to a future until there is room.
struct Room<'w, T> {
    /// `None` when the future is done.
    writer: Option<&'w mut Writer<T>>,
    /// How many events there must be room for.
    events: usize,
    /// Whether the task may be registered at the writer's event count.
    registered: bool,
}

impl<'w, T> Room<'w, T> {
    fn new(writer: &'w mut Writer<T>, events: usize) -> Self {
        Self { writer: Some(writer), events, registered: false }
    }

    /// Gives the writer back when there is room.
    #[inline]
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<&'w mut Writer<T>, Member>> {
        let Some(writer) = self.writer.take() else {
            panic!("a future was polled after it was done")
        };
        match writer.core.poll_room(self.events as u64, &mut self.registered, cx) {
            Poll::Ready(room) => Poll::Ready(room.map(|()| writer)),
            Poll::Pending => {
                self.writer = Some(writer);
                Poll::Pending
            }
        }
    }

    /// Like `poll`, but refuses more events than the ring has slots.
    fn poll_claim(&mut self, cx: &Context<'_>) -> Poll<Result<&'w mut Writer<T>, TryClaimError>> {
        if let Some(writer) = &self.writer
            && let Err(error) = writer.core.check_claim(self.events)
        {
            self.writer = None;
            return Poll::Ready(Err(error.into()));
        }
        self.poll(cx).map_err(TryClaimError::EditorLeft)
    }

    fn is_done(&self) -> bool {
        self.writer.is_none()
    }
}

impl<T> Drop for Room<'_, T> {
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            writer.core.deregister(&mut self.registered);
        }
    }
}

impl<T> fmt::Debug for Room<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("writer", &self.writer)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// The future of a publication; from [`Writer::publish_async`].
///
/// It owns the event until it is ready. Dropping it before drops the event, which is then not
/// published.
#[must_use = "futures do nothing unless polled"]
pub struct PublishFuture<'w, T> {
    room: Room<'w, T>,
    /// `None` when the future is done.
    event: Option<T>,
}

impl<T> PublishFuture<'_, T> {
    /// Cancels the publication and gives the event back; `None` if the future was already ready.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::FutureExt;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(1).build(String::new);
    /// let _stuck = ring.subscribe()?;
    /// writer.publish("first".to_owned());
    /// let mut second = writer.publish_async("second".to_owned());
    /// assert_eq!((&mut second).now_or_never(), None);
    /// assert_eq!(second.into_inner().as_deref(), Some("second"));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn into_inner(self) -> Option<T> {
        self.event
    }
}

// The event is never pinned.
impl<T> Unpin for PublishFuture<'_, T> {}

impl<T> Future for PublishFuture<'_, T> {
    type Output = Result<Sequence, TryPublishError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.room.poll(cx).map(|room| {
            let event = self.event.take();
            let event = event.unwrap_or_else(|| unreachable!("the future is not done"));
            match room {
                Ok(writer) => Ok(writer.core.put(event)),
                Err(editor) => Err(TryPublishError::new(event, Some(Box::new(editor)))),
            }
        })
    }
}

impl<T> FusedFuture for PublishFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.room.is_done()
    }
}

impl<T> fmt::Debug for PublishFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishFuture").field("room", &self.room).finish_non_exhaustive()
    }
}

/// The future of room for events; from [`Writer::ready_async`].
///
/// Dropping it changes nothing.
#[must_use = "futures do nothing unless polled"]
pub struct ReadyFuture<'w, T>(Room<'w, T>);

impl<T> Future for ReadyFuture<'_, T> {
    type Output = Result<(), TryClaimError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), TryClaimError>> {
        self.0.poll_claim(cx).map_ok(drop)
    }
}

impl<T> FusedFuture for ReadyFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.0.is_done()
    }
}

/// The future of a claim; from [`Writer::claim_async`].
///
/// Dropping it claims nothing.
#[must_use = "futures do nothing unless polled"]
pub struct ClaimFuture<'w, T>(Room<'w, T>);

impl<'w, T> Future for ClaimFuture<'w, T> {
    type Output = Result<Claim<'w, T>, TryClaimError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let len = self.0.events as u64;
        self.0.poll_claim(cx).map_ok(|writer| Claim::new(&mut writer.core, len))
    }
}

impl<T> FusedFuture for ClaimFuture<'_, T> {
    fn is_terminated(&self) -> bool {
        self.0.is_done()
    }
}

impl<T> fmt::Debug for ReadyFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadyFuture").field(&self.0).finish()
    }
}

impl<T> fmt::Debug for ClaimFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClaimFuture").field(&self.0).finish()
    }
}
