//! Adding a reader or an observer: its description, and how it joins.

#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;

use super::observer::Observer;
use super::reader::Reader;
use super::reading::{ReaderCore, ReaderOptions};
use super::ring::Ring;
use super::upstream::Upstream;
use crate::error::{AfterError, SubscribeError};
use crate::member::Role;
use crate::protocol::Start;
use crate::sequence::Sequence;
use crate::sync::{Arc, PlainArc};
use crate::waiting::Wait;

impl<T> Ring<T> {
    /// Adds a reader that starts with the next event to be published.
    ///
    /// From the moment this returns the writer never laps the reader.
    /// See [`ReaderBuilder::subscribe`] for what it means to the writer.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    ///
    /// let (mut writer, ring) = Ring::builder(8).build(|| 0);
    /// writer.publish(1); // nobody reads this one
    /// let mut reader = ring.subscribe()?;
    /// writer.publish(2);
    /// assert_eq!(reader.recv(), Ok(2));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn subscribe(&self) -> Result<Reader<T>, SubscribeError> {
        self.reader().subscribe()
    }

    /// Adds an observer, which may miss events and holds the writer back only while it looks.
    /// It starts with the next event to be published.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for: an observer counts
    /// as one.
    pub fn observe(&self) -> Result<Observer<T>, SubscribeError> {
        self.reader().observe()
    }

    /// Starts to describe a reader: its name, its wait strategy, where it starts, and which
    /// readers it comes after.
    pub fn reader(&self) -> ReaderBuilder<T> {
        ReaderBuilder::new(self.clone())
    }
}

/// Describes a reader before it joins; from [`Ring::reader`].
///
/// # Examples
///
/// ```
/// use broadring::{Ring, Wait};
///
/// let (mut writer, ring) = Ring::builder(8).build(|| 0);
/// writer.publish(1);
/// writer.publish(2);
/// let mut journal = ring.reader().name("journal").wait(Wait::YIELD).from_oldest().subscribe()?;
/// assert_eq!(journal.name(), Some("journal"));
/// assert_eq!(journal.recv(), Ok(1));
/// assert_eq!(journal.recv(), Ok(2));
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
#[must_use = "a description does nothing until `subscribe` is called"]
pub struct ReaderBuilder<T> {
    ring: Ring<T>,
    name: Option<PlainArc<str>>,
    wait: Wait,
    start: Start,
    options: ReaderOptions,
}

impl<T> ReaderBuilder<T> {
    pub(crate) fn new(ring: Ring<T>) -> Self {
        let wait = ring.shared.reader_wait;
        Self { ring, name: None, wait, start: Start::Cursor, options: ReaderOptions::default() }
    }

    /// Names the reader. Errors and snapshots use the name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into().into()), ..self }
    }

    /// Sets the wait strategy of the reader. Unless set, it is the ring's default.
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Starts the reader with the next event to be published. This is the default.
    pub fn from_cursor(self) -> Self {
        Self { start: Start::Cursor, ..self }
    }

    /// Starts the reader with the oldest event that is certainly still in the ring.
    ///
    /// Until a whole ring is published, that is the first event. From then on, the reader gets
    /// between half a ring and a whole ring of the latest events: the writer has reserved the
    /// other slots, to write them without looking at the readers again. Claims of more than
    /// half of the ring, also if they are refused or dropped, reserve more than that.
    ///
    /// Such a reader is as far behind as a reader can be, so the writer has to wait for it at
    /// once or within half a ring.
    pub fn from_oldest(self) -> Self {
        Self { start: Start::Oldest(0), ..self }
    }

    /// Starts the reader with the event of this sequence, or not at all: then
    /// [`subscribe`](Self::subscribe) returns an error that names the oldest event that is certainly
    /// still in the ring, and the cursor.
    ///
    /// So a reader that has its events up to here from elsewhere, such as a log, goes on without a
    /// gap and without a repetition. It can start from the oldest event, as
    /// [`from_oldest`](Self::from_oldest) would, up to the cursor, which is the next event to be
    /// published. For a reader that comes after others, the cursor counts too, not how far they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::SubscribeError;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// writer.publish_all(0..20);
    /// let mut reader = ring.reader().from(18).subscribe()?;
    /// assert_eq!(reader.recv(), Ok(18));
    ///
    /// match ring.reader().from(3).subscribe() {
    ///     Err(SubscribeError::NotRetained(error)) => assert_eq!(error.cursor().get(), 20),
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok::<(), SubscribeError>(())
    /// ```
    pub fn from(self, sequence: impl Into<Sequence>) -> Self {
        Self { start: Start::Exactly(sequence.into().get()), ..self }
    }

    /// Makes the reader come after another reader of the same ring, its *upstream*: it sees no
    /// event that the upstream has not committed. Call this again for more upstream readers. So
    /// pipelines, diamonds and any other graph without circles can be built.
    ///
    /// Everything that the upstream has done with an event happens before this reader sees the
    /// event. Events from before the upstream joined count as committed. This reader may start
    /// ahead of the upstream; then it waits for it.
    ///
    /// If the upstream leaves before the end of the stream, also by a panic, or is evicted,
    /// this reader reads what the upstream has committed, and then gets
    /// [`End::UpstreamLeft`](crate::End::UpstreamLeft). From then on it does not hold the
    /// writer back. The upstream's place among the readers of the ring becomes free only when
    /// all readers that come after it are gone too.
    ///
    /// The upstream is a reference to a [`Reader`], to the handle of a
    /// [managed thread](crate::managed::ManagedThread), which may be running, or to an [`Upstream`],
    /// which names a reader wherever it is. It is borrowed only for this call.
    ///
    /// # Errors
    ///
    /// [`AfterError::OtherRing`] if the upstream reads another ring, [`AfterError::NotAReader`] if the
    /// thread is that of an observer or an editor, [`AfterError::Gone`] if the upstream has left
    /// already.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::{Ring, TryReadError};
    ///
    /// let (mut writer, ring) = Ring::builder(8).build(|| 0);
    /// let mut journal = ring.reader().name("journal").subscribe()?;
    /// let mut logic = ring.reader().name("logic").after(&journal)?.subscribe()?;
    ///
    /// writer.publish(7);
    /// assert_eq!(logic.try_recv(), Err(TryReadError::Empty)); // not yet in the journal
    /// assert_eq!(journal.recv(), Ok(7));
    /// assert_eq!(logic.recv(), Ok(7));
    ///
    /// drop(journal); // too early
    /// let end = logic.recv().unwrap_err();
    /// assert_eq!(
    ///     end.to_string(),
    ///     "the reader \"journal\", which comes first, has left before event 1"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn after(mut self, upstream: impl Into<Upstream<T>>) -> Result<Self, AfterError> {
        let upstream = upstream.into();
        if !Arc::ptr_eq(&self.ring.shared, &upstream.ring.shared) {
            return Err(AfterError::OtherRing);
        }
        let member = upstream.member();
        if member.role() != Role::Reader {
            return Err(AfterError::NotAReader(Box::new(member.clone())));
        }
        self.options.come_after(&self.ring.shared.sequencer, member)?;
        Ok(self)
    }

    /// Makes the reader evictable: if it holds the writer back for longer than `patience`, the
    /// writer goes on without it. Unless this is called, a reader is never evicted.
    ///
    /// The time runs from the moment when the writer finds the ring full because of this
    /// reader, and starts again when the reader moves on. A reader is never evicted while a
    /// batch of it is held or an event is being cloned: what is borrowed stays intact. If
    /// several readers hold the writer back at the same event, those that come after another
    /// one of them do not count. Of the others, either all can be evicted, or none is.
    ///
    /// The next read of an evicted reader returns [`End::Evicted`](crate::End::Evicted).
    /// [`rejoin`](Reader::rejoin) makes it start again with the next event. Readers that come
    /// after it get [`End::UpstreamLeft`](crate::End::UpstreamLeft).
    ///
    /// So eviction is for readers that do not return to read. A reader that is slow, or hangs,
    /// while it holds a batch, as in [`run`](Reader::run) or in the handler of a managed
    /// thread, is never evicted. A writer that waits in a task has no clock: it evicts only
    /// when it is polled.
    ///
    /// Being evictable costs the reader a compare-and-swap, and more, for each batch or each
    /// event that it clones: see `docs/performance.md`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use broadring::{End, Ring};
    ///
    /// let (mut writer, ring) = Ring::builder(2).build(|| 0);
    /// let mut dashboard = ring.reader().evict_after(Duration::from_millis(1)).subscribe()?;
    /// writer.publish_all([1, 2]);
    /// writer.publish(3); // waits for a millisecond, and then goes on without the dashboard
    ///
    /// match dashboard.recv() {
    ///     Err(End::Evicted(evicted)) => assert_eq!(evicted.missed(), 3),
    ///     other => panic!("{other:?}"),
    /// }
    /// assert_eq!(dashboard.rejoin()?, 3);
    /// writer.publish(4);
    /// assert_eq!(dashboard.recv(), Ok(4));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn evict_after(mut self, patience: Duration) -> Self {
        self.options.patience = Some(patience);
        self
    }

    /// Adds the reader to the ring. From the moment this returns, the writer never laps it.
    ///
    /// It can be called at any time, from any thread, while the writer publishes. It blocks for
    /// a moment while another thread joins, leaves or takes a snapshot; the writer does not
    /// take that lock to publish. Until this returns, the reader may look to the writer as if
    /// it were a whole ring behind, and so the ring may look full.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Full`] if the ring has all the readers it was built for, and
    /// [`SubscribeError::NotRetained`] if the reader was to start [`from`](Self::from) an event that
    /// it cannot start from.
    pub fn subscribe(self) -> Result<Reader<T>, SubscribeError> {
        self.join(Role::Reader).map(|core| Reader { core })
    }

    /// Adds an [`Observer`] instead of a reader: it may miss events, and holds the writer back
    /// only while it looks. It counts as one of the ring's readers, and has the name and the
    /// wait strategy that were set here.
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    ///
    /// # Panics
    ///
    /// If [`after`](Self::after) or [`evict_after`](Self::evict_after) was called: an observer
    /// cannot come after other readers, and cannot be evicted.
    #[track_caller]
    pub fn observe(mut self) -> Result<Observer<T>, SubscribeError> {
        assert!(self.options.barrier.is_empty(), "an observer cannot come after others");
        assert!(self.options.patience.is_none(), "an observer cannot be evicted");
        self.options = ReaderOptions::observing();
        self.join(Role::Observer).map(Observer::new)
    }

    #[inline]
    fn join(self, role: Role) -> Result<ReaderCore<T>, SubscribeError> {
        let Self { ring, name, wait, start, options } = self;
        let options = (!options.are_none()).then(|| Box::new(options));
        ReaderCore::join(ring.shared, start, role, name, wait, options)
    }
}

impl<T> fmt::Debug for ReaderBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderBuilder")
            .field("name", &self.name)
            .field("wait", &self.wait)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
