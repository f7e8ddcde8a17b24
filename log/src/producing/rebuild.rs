//! Makes a window of what is in the log.

use super::message::MessageId;
use super::window::Window;
use crate::codec::Codec;
use crate::error::ReadError;
use crate::reading::LogReader;

impl Window {
    /// Makes a window of `numbers` and `producers`, as [`new`](Self::new) does, that knows the messages of at least the
    /// last `events` events in the log. The closure finds the message of an event, if it is of one.
    ///
    /// With `u64::MAX` events it reads all that the log has, and then it is as it was before the crash. That takes
    /// time, and fewer do if they reach back to the oldest message that may be sent again: count also what other
    /// producers can have got into the log since, while one waited for an answer.
    ///
    /// [`Window::once`] has an example.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if these events cannot be read. What was removed from the log before is not needed.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn rebuild<C: Codec>(
        reader: &LogReader,
        codec: &C,
        events: u64,
        numbers: u64,
        producers: usize,
        mut id: impl FnMut(&C::View<'_>) -> Option<MessageId>,
    ) -> Result<Self, ReadError> {
        let mut window = Self::new(numbers, producers);
        let oldest = u64::from(reader.oldest()?);
        let end = match reader.committed()? {
            Some(committed) => committed.into(),
            // Nobody writes it, and how long its last segment is turns out when it is read.
            None => reader.segments()?.last().map_or(oldest, |last| last.sequences.0.into()),
        };
        let mut frames = reader.from(end.saturating_sub(events).max(oldest))?;
        while let Some(frame) = frames.next_frame()? {
            for event in frame.view(codec) {
                if let Some(id) = id(&event?.1) {
                    // One that is too old is in the log all the same, and there is nothing to remember of it.
                    let _ = window.insert(id);
                }
            }
        }
        Ok(window)
    }
}
