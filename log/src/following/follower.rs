//! A follower: reads the log until it has caught up, and then the ring.

use core::fmt;
use std::time::{Duration, Instant};

use broadring::{End, Reader, Sequence, SubscribeError};

use super::joining::Joining;
use super::lent::{Followed, Origin};
use crate::codec::Codec;
use crate::error::ReadError;
use crate::reading::Frames;

/// Reads a stream from any event on: from the log, and when it has caught up live from the ring. Each event comes
/// once, in order, while the writer goes on at full speed.
///
/// The follower joins the ring when less than a quarter of the ring is left to read. From then on it holds the
/// writer back like any other reader; before that it does not. If it is [evicted](super::FollowerBuilder::evict_after), it
/// goes on from the log, and joins again.
///
/// Reading the log blocks the thread for as long as the disk takes.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
/// use broadring_log::codec::Postcard;
/// use broadring_log::{Journal, Log};
///
/// # let directory = tempfile::tempdir()?;
/// let log = Log::open(directory.path())?;
/// let (mut writer, ring) = Ring::builder(16).first_sequence(log.next_sequence()).build(|| 0_u64);
/// let journal = Journal::builder(log, Postcard::new(0)).start(&ring)?;
/// writer.publish_all(0..1000); // sixty times what the ring holds
///
/// let mut follower = journal.follow(Postcard::new(0)).from(100).start()?;
/// let thread = std::thread::spawn(move || {
///     let mut sum = 0;
///     follower.run(|event, _sequence| sum += event).map(|()| sum)
/// });
/// writer.publish_all(1000..2000);
/// drop(writer);
/// assert_eq!(thread.join().unwrap()?, (100..2000).sum());
/// journal.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Follower<T, C> {
    pub(super) frames: Frames,
    pub(super) codec: C,
    joining: Joining<T>,
    pub(super) reader: Option<Reader<T>>,
    /// The next event that was not lent yet.
    pub(super) position: Sequence,
    /// What was read of the log and is to be lent.
    decoded: Vec<(Sequence, T)>,
    evictions: u64,
    /// The changes that were there when it was last found out what can be done.
    pub(super) seen: u64,
}

/// A stream that cannot be followed on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal has left before the end of the stream: what comes next is not written down.
    #[error("the journal has left before the end of the stream; the log ends before {next}")]
    JournalLeft {
        /// What the log would go on with.
        next: Sequence,
    },
    /// The ring does not take the follower.
    #[error("the stream cannot be read live: {0}")]
    Join(SubscribeError),
    /// The reader in the ring has ended otherwise than by the end of the stream.
    #[error("the stream cannot be read live: {0}")]
    Ring(End),
}

/// What a follower can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Lend events.
    Lend,
    /// Wait for the log.
    WaitForLog,
    /// Wait for the ring.
    WaitForRing,
    /// Nothing: the stream has ended.
    Ended,
}

impl<T, C: Codec<Event = T>> Follower<T, C> {
    pub(super) fn new(frames: Frames, codec: C, joining: Joining<T>) -> Self {
        let position = frames.position();
        Self {
            frames,
            codec,
            joining,
            reader: None,
            position,
            decoded: Vec::new(),
            evictions: 0,
            seen: 0,
        }
    }

    /// The sequence of the next event.
    pub fn position(&self) -> Sequence {
        self.position
    }

    /// Whether it reads live. It does not begin to before it has caught up.
    pub fn is_live(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.position() <= self.position)
    }

    /// How often it was evicted from the ring, and went on from the log.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Returns what there is to read, if anything: `None` may mean that more will come, or that the stream has
    /// [ended](Self::is_ended).
    ///
    /// # Errors
    ///
    /// [`FollowError`]. The next call tries once more.
    pub fn try_batch(&mut self) -> Result<Option<Followed<'_, T>>, FollowError> {
        match self.prepare()? {
            Next::Lend => Ok(Some(self.lend())),
            _ => Ok(None),
        }
    }

    /// Waits for events: `None` says that the stream has ended and everything was read.
    ///
    /// # Errors
    ///
    /// [`FollowError`]. The next call tries once more.
    pub fn wait_batch(&mut self) -> Result<Option<Followed<'_, T>>, FollowError> {
        Ok(if self.wait_until(None)? { Some(self.lend()) } else { None })
    }

    /// Waits for events, for so long at most: `None` says that none has come, or that the stream has
    /// [ended](Self::is_ended).
    ///
    /// # Errors
    ///
    /// [`FollowError`]. The next call tries once more.
    pub fn batch_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Followed<'_, T>>, FollowError> {
        let deadline = Instant::now().checked_add(timeout);
        Ok(if self.wait_until(deadline)? { Some(self.lend()) } else { None })
    }

    /// Feeds every event to a closure until the stream ends. If the closure panics, the batch that its event is of
    /// counts as read.
    ///
    /// While it reads live it holds a batch as long as the closure works on it: see
    /// [`evict_after`](super::FollowerBuilder::evict_after).
    ///
    /// # Errors
    ///
    /// [`FollowError`]; the [position](Self::position) tells how far it has come.
    pub fn run(&mut self, mut handle: impl FnMut(&T, Sequence)) -> Result<(), FollowError> {
        while self.wait_until(None)? {
            for (sequence, event) in &self.lend() {
                handle(event, sequence);
            }
        }
        Ok(())
    }

    /// Whether the stream has ended and everything was read.
    pub fn is_ended(&self) -> bool {
        self.joining.ring.is_closed() && self.position == self.joining.ring.cursor()
    }

    /// Lends what was prepared.
    pub(super) fn lend(&mut self) -> Followed<'_, T> {
        let origin = match &mut self.reader {
            Some(reader) if self.decoded.is_empty() => match reader.try_batch() {
                Ok(batch) => {
                    self.position = batch.sequences().end;
                    Origin::Ring(batch)
                }
                // It was evicted just now: the next call finds out.
                Err(_) => Origin::Log(&[]),
            },
            _ => {
                if let Some((last, _)) = self.decoded.last() {
                    self.position = *last + 1;
                }
                Origin::Log(&self.decoded)
            }
        };
        Followed { origin }
    }

    /// Waits until there is something to lend. Returns `false` at the deadline and at the end of the stream.
    fn wait_until(&mut self, deadline: Option<Instant>) -> Result<bool, FollowError> {
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match self.prepare()? {
                Next::Lend => return Ok(true),
                Next::Ended => return Ok(false),
                _ if left == Some(Duration::ZERO) => return Ok(false),
                Next::WaitForLog => {
                    self.frames.wait(self.seen, deadline).map_err(ReadError::from)?
                }
                Next::WaitForRing => self.wait_for_ring(left),
            }
        }
    }

    fn wait_for_ring(&mut self, left: Option<Duration>) {
        if let Some(reader) = &mut self.reader {
            // Nothing is taken here: whatever is found, also that the reader has ended, is found again.
            match left {
                Some(left) => drop(reader.batch_timeout(left).map(|batch| batch.commit_first(0))),
                None => drop(reader.wait_batch().map(|batch| batch.commit_first(0))),
            }
        }
    }

    /// Finds out what can be done now, and prepares it.
    pub(super) fn prepare(&mut self) -> Result<Next, FollowError> {
        // Before anything is looked at, so that no change after that is missed.
        self.seen = self.frames.changes();
        loop {
            // What was lent is read.
            self.decoded.clear();
            let Some(reader) = &mut self.reader else {
                if let Some(next) = self.read_log(None)? {
                    return Ok(next);
                }
                match self.join()? {
                    Some(next) => return Ok(next),
                    None => continue,
                }
            };
            let joined = reader.position();
            if joined > self.position {
                // The rest, up to where it has joined: that was committed before.
                match self.read_log(Some(joined))? {
                    Some(next) => return Ok(next),
                    None => {
                        self.leave_ring()?;
                        return Ok(Next::WaitForLog);
                    }
                }
            }
            let end = match reader.try_batch() {
                Ok(batch) => {
                    // It is found again, and lent then.
                    batch.commit_first(0);
                    return Ok(Next::Lend);
                }
                Err(error) => error.end().cloned(),
            };
            match end {
                None => return Ok(Next::WaitForRing),
                Some(End::Closed) => return Ok(Next::Ended),
                Some(End::Evicted(_)) => {
                    self.evictions += 1;
                    self.leave_ring()?;
                }
                Some(End::UpstreamLeft(left)) if self.joining.is_after(left.member()) => {
                    self.leave_ring()?;
                }
                Some(end) => return Err(FollowError::Ring(end)),
            }
        }
    }

    /// Goes on from the log.
    fn leave_ring(&mut self) -> Result<(), ReadError> {
        self.reader = None;
        self.frames = self.frames.reader().from(self.position)?;
        Ok(())
    }

    /// Reads from the log, before `end` if there is one. Returns nothing if it has caught up, so that it is time to
    /// join the ring.
    fn read_log(&mut self, end: Option<Sequence>) -> Result<Option<Next>, FollowError> {
        let left = match self.frames.reader().committed().map_err(ReadError::from)? {
            Some(committed) => u64::from(committed).saturating_sub(self.position.into()),
            None => u64::MAX,
        };
        if end.is_none() && left < (self.joining.ring.capacity() as u64 / 4).max(1) {
            return Ok(None);
        }
        let Some(frame) = self.frames.next_frame()? else {
            return Ok(None);
        };
        for event in frame.decode(&self.codec) {
            match event {
                Ok((sequence, _)) if end.is_some_and(|end| sequence >= end) => break,
                Ok(event) => self.decoded.push(event),
                Err(error) => {
                    // What comes before it is lent first, and then it is met again.
                    let next = self.decoded.last().map_or(self.position, |(last, _)| *last + 1);
                    self.frames = self.frames.reader().from(next)?;
                    if self.decoded.is_empty() {
                        return Err(error.into());
                    }
                    break;
                }
            }
        }
        Ok(Some(Next::Lend))
    }

    /// Joins the ring. Returns nothing if that has changed what can be done.
    fn join(&mut self) -> Result<Option<Next>, FollowError> {
        let mut builder = self.joining.ring.reader().name(&*self.joining.name);
        if let Some(limit) = self.joining.evict_after {
            builder = builder.evict_after(limit);
        }
        if let Some(wait) = self.joining.wait {
            builder = builder.wait(wait);
        }
        if let Some(upstream) = &self.joining.after {
            builder = match builder.after(upstream) {
                Ok(builder) => builder,
                Err(_) => return self.journal_left(),
            };
        }
        // Everything before is in the log, and the ring keeps what comes after it, as long as the journal's gate has
        // not moved on meanwhile.
        let committed = self.frames.reader().committed().map_err(ReadError::from)?;
        let from = committed.map_or(self.position, |committed| committed.max(self.position));
        match builder.from(from).subscribe() {
            Ok(reader) => {
                self.reader = Some(reader);
                Ok(None)
            }
            Err(SubscribeError::NotRetained(error)) if error.oldest() > from => {
                self.go_on_without_ring(None)
            }
            Err(error) if error.is_full() => self.go_on_without_ring(Some(error)),
            Err(error) => Err(FollowError::Join(error)),
        }
    }

    /// Reads the rest of the log, or waits for more of it.
    fn go_on_without_ring(
        &mut self,
        refused: Option<SubscribeError>,
    ) -> Result<Option<Next>, FollowError> {
        if let Some(next) = self.read_rest()? {
            return Ok(Some(next));
        }
        match refused {
            _ if self.is_ended() => Ok(Some(Next::Ended)),
            // Nothing more will come from the log.
            Some(error) if self.frames.is_ended() => Err(FollowError::Join(error)),
            _ => Ok(Some(Next::WaitForLog)),
        }
    }

    /// Reads the last bit of the log, for which it is not worth while to wait before joining.
    fn read_rest(&mut self) -> Result<Option<Next>, FollowError> {
        match self.frames.reader().committed().map_err(ReadError::from)? {
            Some(committed) if self.position < committed => self.read_log(Some(committed)),
            _ => Ok(None),
        }
    }

    /// Without a journal, whatever is in the log is all that there will be.
    fn journal_left(&mut self) -> Result<Option<Next>, FollowError> {
        if let Some(next) = self.read_rest()? {
            return Ok(Some(next));
        }
        if self.is_ended() {
            return Ok(Some(Next::Ended));
        }
        Err(FollowError::JournalLeft { next: self.position })
    }
}

impl<T, C> fmt::Debug for Follower<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("position", &self.position)
            .field("reader", &self.reader)
            .field("evictions", &self.evictions)
            .finish_non_exhaustive()
    }
}
