//! A follower in a task.

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::vec;

use broadring::Sequence;
use futures_core::{FusedStream, Stream};

use super::follower::{FollowError, Follower, Next};
use super::lent::Followed;
use crate::codec::Codec;

impl<T, C: Codec<Event = T>> Follower<T, C> {
    /// As [`wait_batch`](Self::wait_batch), in a task. Dropping the future loses nothing.
    ///
    /// What is in the log is read on the task's thread, which waits for the disk.
    ///
    /// # Errors
    ///
    /// As [`wait_batch`](Self::wait_batch).
    pub async fn batch_async(&mut self) -> Result<Option<Followed<'_, T>>, FollowError> {
        loop {
            match self.prepare()? {
                Next::Lend => return Ok(Some(self.lend())),
                Next::Ended => return Ok(None),
                Next::WaitForLog => {
                    let (frames, seen) = (&self.frames, self.seen);
                    poll_fn(|context| match frames.wake(seen, context.waker()) {
                        true => Poll::Ready(()),
                        false => Poll::Pending,
                    })
                    .await;
                }
                Next::WaitForRing => {
                    if let Some(reader) = &mut self.reader
                        && let Ok(batch) = reader.batch_async().await
                    {
                        // It is found again, and lent then.
                        batch.commit_first(0);
                    }
                }
            }
        }
    }

    /// Returns a stream of clones of the events.
    pub fn into_stream(self) -> FollowerStream<T, C>
    where
        T: Clone + Send + Sync + 'static,
        C: Send + 'static,
    {
        FollowerStream { state: State::Idle(Box::new(self)), events: Vec::new().into_iter() }
    }
}

/// What one round of reading leaves behind.
type Round<T, C> = (Box<Follower<T, C>>, Result<Option<Vec<(Sequence, T)>>, FollowError>);

/// The events that a [`Follower`] reads, as a stream of clones. After an error the next poll tries once more.
pub struct FollowerStream<T, C> {
    state: State<T, C>,
    events: vec::IntoIter<(Sequence, T)>,
}

enum State<T, C> {
    Idle(Box<Follower<T, C>>),
    Reading(Pin<Box<dyn Future<Output = Round<T, C>> + Send>>),
    Ended,
}

impl<T, C> Stream for FollowerStream<T, C>
where
    T: Clone + Send + Sync + Unpin + 'static,
    C: Codec<Event = T> + Send + Unpin + 'static,
{
    type Item = Result<(Sequence, T), FollowError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.events.next() {
                return Poll::Ready(Some(Ok(event)));
            }
            match core::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Idle(mut follower) => {
                    self.state = State::Reading(Box::pin(async move {
                        let read = match follower.batch_async().await {
                            Ok(Some(batch)) => Ok(Some(
                                batch
                                    .iter()
                                    .map(|(sequence, event)| (sequence, event.clone()))
                                    .collect(),
                            )),
                            Ok(None) => Ok(None),
                            Err(error) => Err(error),
                        };
                        (follower, read)
                    }));
                }
                State::Reading(mut reading) => {
                    let polled = reading.as_mut().poll(context);
                    if polled.is_pending() {
                        self.state = State::Reading(reading);
                    }
                    let (follower, read) = ready!(polled);
                    match read {
                        Ok(None) => return Poll::Ready(None),
                        Ok(Some(events)) => {
                            self.state = State::Idle(follower);
                            self.events = events.into_iter();
                        }
                        Err(error) => {
                            self.state = State::Idle(follower);
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                }
            }
        }
    }
}

impl<T, C> FusedStream for FollowerStream<T, C>
where
    T: Clone + Send + Sync + Unpin + 'static,
    C: Codec<Event = T> + Send + Unpin + 'static,
{
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Ended) && self.events.len() == 0
    }
}

impl<T, C> fmt::Debug for FollowerStream<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowerStream").finish_non_exhaustive()
    }
}
