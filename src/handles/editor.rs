//! The handle that changes events in place before any reader sees them, and its guard.

use core::convert::Infallible;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem;
use core::ops::{ControlFlow, Index, IndexMut, Range};
use core::ptr::NonNull;
use std::thread;
use std::time::{Duration, Instant};

use super::shared::{Shared, deadline_after};
use crate::error::{End, ReadTimeoutError, TryReadError, UpstreamLeft};
use crate::member::Member;
use crate::protocol::{Ending, Stage};
use crate::sequence::Sequence;
use crate::storage::{Slots, Walk, WriteBorrow};
use crate::sync::{Arc, Finally};
use crate::telemetry::trace;
use crate::waiting::{Pacing, Place, Wait};

/// A handle that changes events in place, in order, before any reader sees them; from
/// [`RingBuilder::build_with_editors`](crate::RingBuilder::build_with_editors).
///
/// The editors of a ring form a chain, which is fixed when the ring is built. The first editor gets
/// each event, as `&mut T`, once the writer has published it; each other editor, once the editor
/// before it has passed the event on. The readers see an event when the last editor has passed it
/// on. So no reader can read an event while an editor may change it, and no reader can join in
/// front of an editor. The writer is never more than the capacity ahead of the last editor.
///
/// Taking a batch is wait-free when events have arrived. Passing events on is wait-free, unless
/// another thread has to be woken.
///
/// # Leaving
///
/// At the end of the stream an editor gets [`End::Closed`] and is dropped, like a reader. If it is
/// dropped before, also by a panic, the stream ends there: no other handle can do its work, and
/// what it has not passed on is never read. The editors and readers behind it get what it has
/// passed on, and then [`End::UpstreamLeft`] with its name. The writer can fill the ring once more.
/// After that, the `try_` and the timed methods give back what they were given, with an error that
/// names the editor, and the methods that would wait panic.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
///
/// #[derive(Default)]
/// struct Order { quantity: u64, price: u64, total: u64 }
///
/// let (mut writer, [mut pricing, mut totals], ring) =
///     Ring::builder(64).build_with_editors(["pricing", "totals"], Order::default);
/// let mut reader = ring.subscribe()?;
///
/// let editors = [
///     std::thread::spawn(move || pricing.run(|order, _, _| order.price = 3)),
///     std::thread::spawn(move || totals.run(|order, _, _| order.total = order.price * order.quantity)),
/// ];
/// writer.publish(Order { quantity: 5, ..Order::default() });
/// assert_eq!(reader.wait_batch().unwrap()[0].total, 15);
///
/// drop(writer);
/// for editor in editors {
///     assert!(editor.join().unwrap().is_closed());
/// }
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
pub struct Editor<T> {
    pub(crate) shared: Arc<Shared<Slots<T>>>,
    /// The place of the editor in the chain.
    pub(crate) index: usize,
    /// Everything before this sequence is passed on.
    position: u64,
    pacing: Pacing,
    wait: Wait,
}

impl<T> Editor<T> {
    pub(crate) fn new(shared: Arc<Shared<Slots<T>>>, index: usize) -> Self {
        let (pacing, wait) = (shared.pacing.clone(), shared.reader_wait);
        let position = shared.sequencer.first();
        Self { shared, index, position, pacing, wait }
    }

    /// Sets the wait strategy of the editor. Unless set, it is the ring's default for readers.
    pub fn set_wait(&mut self, wait: Wait) {
        self.wait = wait;
    }

    /// Borrows all events that have arrived. Waits until there is at least one.
    ///
    /// # Errors
    ///
    /// [`End`] when nothing more will arrive: [`End::Closed`] once the writer is gone and
    /// everything was passed on.
    pub fn wait_batch(&mut self) -> Result<EditBatch<'_, T>, End> {
        self.wait_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of the events that have arrived. Waits until there is at least
    /// one.
    ///
    /// # Errors
    ///
    /// As [`wait_batch`](Self::wait_batch).
    pub fn wait_batch_up_to(&mut self, max_events: usize) -> Result<EditBatch<'_, T>, End> {
        let arrived = self.wait_for(None, || false);
        let end = arrived.unwrap_or_else(|| unreachable!("there is no deadline"))?;
        Ok(self.batch(end, max_events))
    }

    /// Borrows all events that have arrived. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if nothing has arrived, [`TryReadError::Ended`] if nothing
    /// ever will.
    pub fn try_batch(&mut self) -> Result<EditBatch<'_, T>, TryReadError> {
        self.try_batch_up_to(usize::MAX)
    }

    /// Borrows at most `max_events` of the events that have arrived. Never waits.
    ///
    /// # Errors
    ///
    /// As [`try_batch`](Self::try_batch).
    pub fn try_batch_up_to(&mut self, max_events: usize) -> Result<EditBatch<'_, T>, TryReadError> {
        let end = self.poll().ok_or(TryReadError::Empty)??;
        Ok(self.batch(end, max_events))
    }

    /// Borrows all events that have arrived. Waits at most for `timeout` until there is at
    /// least one.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing arrived in time,
    /// [`ReadTimeoutError::Ended`] if nothing ever will.
    pub fn batch_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<EditBatch<'_, T>, ReadTimeoutError> {
        self.batch_unless_stopped(Some(timeout), || false)
    }

    /// Borrows all events that have arrived. Waits until there is at least one, at most for
    /// `timeout`, and until `stopped` returns `true`. A thread that makes `stopped` return `true`
    /// must then wake everybody who sleeps where the editor does.
    pub(crate) fn batch_unless_stopped(
        &mut self,
        timeout: Option<Duration>,
        stopped: impl Fn() -> bool,
    ) -> Result<EditBatch<'_, T>, ReadTimeoutError> {
        let arrived = self.wait_for(timeout.and_then(deadline_after), stopped);
        let end = arrived.ok_or(ReadTimeoutError::Timeout)??;
        Ok(self.batch(end, usize::MAX))
    }

    /// Hands every event to the closure until nothing more will arrive, and returns how the stream
    /// ended.
    ///
    /// The closure gets the event, its sequence, and whether it is the last event of its batch.
    /// Events are passed on a batch at a time, and at least every quarter of the ring.
    ///
    /// # Panics
    ///
    /// If the closure does. The events before the one that it was given are passed on. That event
    /// comes again, as the closure has left it.
    pub fn run(&mut self, mut edit: impl FnMut(&mut T, Sequence, bool)) -> End {
        loop {
            let batch = match self.wait_batch() {
                Ok(batch) => batch,
                Err(end) => return end,
            };
            let end = batch.sequences().end;
            batch.for_each(|event, sequence| edit(event, sequence, sequence + 1 == end));
        }
    }

    /// Returns the sequence of the next event to edit: everything before it is passed on.
    pub fn position(&self) -> Sequence {
        Sequence::new(self.position)
    }

    /// Whether no event has arrived that is not yet passed on. Wait-free, and changes nothing. When it
    /// is `true`, an event may have arrived by the time you see it; when it is `false`, the next batch
    /// comes without waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lag() == 0
    }

    /// Returns how many events have arrived and are not yet passed on. More may have arrived by the
    /// time you see the answer.
    pub fn lag(&self) -> u64 {
        self.stage().arrived.load() - self.position
    }

    /// Returns the identity of this editor, with which errors and snapshots name it.
    pub fn member(&self) -> &Member {
        &self.stage().member
    }

    /// Returns where the editor sleeps.
    pub(crate) fn sleeps_at(&self) -> Place<'_> {
        Place { events: &self.stage().arrivals, threshold: self.position + 1 }
    }

    pub(crate) fn stage(&self) -> &Stage {
        &self.shared.sequencer.stages[self.index]
    }

    /// Borrows at most `max_events` of the events that have arrived, which end at `end`.
    pub(crate) fn batch(&mut self, end: u64, max_events: usize) -> EditBatch<'_, T> {
        let start = self.position;
        self.stage().counters.found(end - start);
        let end = end.min(start.saturating_add(max_events as u64));
        let borrow = self.shared.slots.borrows.write(start, end);
        EditBatch { editor: self, end, borrow, amid_panic: thread::panicking() }
    }

    /// Returns the end of the events that have arrived, or how the stream has ended; `None` if
    /// there is nothing new.
    pub(crate) fn poll(&self) -> Option<Result<u64, End>> {
        let arrived = self.stage().arrived.load();
        if arrived > self.position {
            return Some(Ok(arrived));
        }
        let sequencer = &self.shared.sequencer;
        Some(match sequencer.ending_for_editor(self.index, self.position)? {
            Ending::More(end) => Ok(end),
            Ending::Closed => Err(End::Closed),
            Ending::EditorLeft(departed) => {
                // Nothing more will come from this editor either.
                sequencer.break_chain(self.index, departed);
                let member = sequencer.stages[departed].member.clone();
                Err(End::UpstreamLeft(UpstreamLeft::new(member, self.position)))
            }
        })
    }

    /// Polls for the first time, at the moment that the pacing chooses.
    fn poll_paced(&mut self) -> Option<Result<u64, End>> {
        if self.pacing.rests(self.position) {
            return self.poll();
        }
        self.pacing.hold_off();
        let seen = self.poll();
        match seen {
            Some(Ok(end)) => self.pacing.found(self.position, end - self.position),
            _ => self.pacing.found_nothing(),
        }
        seen
    }

    /// Waits until events have arrived; `None` at the deadline. Ends early when `stopped` returns
    /// `true`.
    fn wait_for(
        &mut self,
        deadline: Option<Instant>,
        stopped: impl Fn() -> bool,
    ) -> Option<Result<u64, End>> {
        self.poll_paced().or_else(|| {
            let Stage { arrivals, counters, .. } = self.stage();
            let look = || if stopped() { Some(Err(End::Stopped)) } else { self.poll() };
            self.wait.until(arrivals, self.position + 1, deadline, &counters.parks, look)
        })
    }

    /// Passes everything below `end` on: to the next editor, or to the readers.
    fn pass_on(&mut self, end: u64) {
        let first = mem::replace(&mut self.position, end);
        let Shared { sequencer, slots, .. } = &*self.shared;
        match sequencer.stages.get(self.index + 1) {
            Some(next) => {
                next.arrived.publish(end);
                next.arrivals.wake(end);
            }
            None => {
                sequencer.cursor.publish(end);
                slots.set_stamp(&slots.block(first), first, end);
                let _then = Finally(|| sequencer.freed.wake(end));
                sequencer.published.wake(end);
            }
        }
    }
}

impl<T> Drop for Editor<T> {
    fn drop(&mut self) {
        self.shared.sequencer.editor_leaves(self.index, self.position);
        trace::left(self.member(), self.position);
    }
}

impl<T> fmt::Debug for Editor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("name", &self.member().name())
            .field("position", &self.position())
            .field("lag", &self.lag())
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

/// A guard over events that have arrived at an editor, to change them in place; from
/// [`Editor::wait_batch`].
///
/// Dropping the batch passes all its events on, changed or not. If a panic drops it, or it is
/// forgotten, it passes nothing on, and the same events come again as they were left.
/// [`for_each`](Self::for_each) passes events on as it goes.
///
/// # Examples
///
/// ```
/// let (mut writer, [mut editor], ring) =
///     broadring::Ring::builder(8).build_with_editors(["scale"], || 0);
/// let mut reader = ring.subscribe()?;
/// writer.publish_all([1, 2]);
/// let mut batch = editor.try_batch()?;
/// batch[0] = -1;
/// for (_sequence, number) in &mut batch {
///     *number *= 10;
/// }
/// drop(batch);
/// assert!(reader.try_batch()?.events().eq(&[-10, 20]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a batch passes its events on as they are: `is_empty` asks the editor whether \
              any have arrived"]
pub struct EditBatch<'e, T> {
    editor: &'e mut Editor<T>,
    end: u64,
    borrow: WriteBorrow,
    /// Whether a panic was already unwinding when the batch was made. Then that panic is not the
    /// reason for the drop.
    amid_panic: bool,
}

impl<T> EditBatch<'_, T> {
    /// Returns how many events are in the batch.
    pub fn len(&self) -> usize {
        (self.end - self.editor.position) as usize
    }

    /// Whether the batch is empty, because it was made with a limit of 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the sequences of the events.
    pub fn sequences(&self) -> Range<Sequence> {
        self.editor.position()..Sequence::new(self.end)
    }

    /// Returns an iterator that lends the events one after the other, with their sequences.
    pub fn iter_mut(&mut self) -> EditIterMut<'_, T> {
        let slots = &self.editor.shared.slots;
        let next = self.editor.position;
        let walk = slots.walk(slots.block(next), next, self.len());
        EditIterMut { next, walk, _lends: PhantomData }
    }

    /// Hands every event and its sequence to the closure, and passes events on as it goes, at least
    /// every quarter of the ring.
    ///
    /// # Panics
    ///
    /// If the closure does. The events before the one that it was given are passed on. That event
    /// comes again, as the closure has left it.
    pub fn for_each(self, mut edit: impl FnMut(&mut T, Sequence)) {
        let edited = self.try_for_each(|event, sequence| {
            edit(event, sequence);
            ControlFlow::<Infallible>::Continue(())
        });
        match edited {
            ControlFlow::Continue(()) => (),
        }
    }

    /// Hands the events and their sequences to the closure until it returns
    /// [`Break`](ControlFlow::Break), and passes events on as it goes, at least every quarter of the
    /// ring. The event at which the closure breaks is passed on, and none after it: the rest comes
    /// again.
    ///
    /// # Panics
    ///
    /// As [`for_each`](Self::for_each).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// let (mut writer, [mut editor], ring) =
    ///     broadring::Ring::builder(8).build_with_editors(["double"], || 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3]);
    /// let broke = editor.try_batch()?.try_for_each(|number, _| {
    ///     *number *= 2;
    ///     if *number == 4 { ControlFlow::Break("found") } else { ControlFlow::Continue(()) }
    /// });
    /// assert_eq!(broke, ControlFlow::Break("found"));
    /// assert!(reader.try_batch()?.events().eq(&[2, 4]));
    /// assert_eq!(editor.try_batch()?[0], 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_for_each<B>(
        mut self,
        mut edit: impl FnMut(&mut T, Sequence) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let stride = (self.editor.shared.sequencer.capacity() / 4).max(1);
        while !self.is_empty() {
            let next = self.editor.position;
            let end = self.end.min(next + stride);
            Passing { batch: &mut self, next, all: false }.pass(end, &mut edit)?;
        }
        ControlFlow::Continue(())
    }

    /// Passes everything below `end` on, and ends its borrow first.
    fn pass_on(&mut self, end: u64) {
        if end > self.editor.position {
            self.borrow.release();
            // A waker may panic: then the batch is left empty.
            let rest = mem::replace(&mut self.end, end);
            self.editor.pass_on(end);
            self.end = rest;
            self.borrow = self.editor.shared.slots.borrows.write(end, rest);
        }
    }

    /// Returns the address of the event at `index`.
    #[track_caller]
    fn slot(&self, index: usize) -> NonNull<T> {
        assert!(index < self.len(), "the index is {index} but the batch has {} events", self.len());
        self.editor.shared.slots.slot(self.editor.position + index as u64)
    }
}

/// A stretch of a batch while a closure is given its events one by one. Dropping it passes on the
/// events from which the closure has returned. If these are not all of them, because the closure
/// broke or panicked, the batch ends there, and the rest comes again.
struct Passing<'p, 'e, T> {
    batch: &'p mut EditBatch<'e, T>,
    /// The first event from which the closure has not returned.
    next: u64,
    /// Whether the closure has returned from all events, and has not broken.
    all: bool,
}

impl<T> Passing<'_, '_, T> {
    fn pass<B>(
        mut self,
        end: u64,
        edit: &mut impl FnMut(&mut T, Sequence) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let slots = &self.batch.editor.shared.slots;
        let len = (end - self.next) as usize;
        for mut slot in slots.walk::<true>(slots.block(self.next), self.next, len) {
            // SAFETY: I6, I8: the event is in the batch, which is borrowed mutably, and is not
            // passed on before the closure, which cannot keep the reference, has returned.
            let edited = edit(unsafe { slot.as_mut() }, Sequence::new(self.next));
            self.next += 1;
            edited?;
        }
        self.all = true;
        ControlFlow::Continue(())
    }
}

impl<T> Drop for Passing<'_, '_, T> {
    fn drop(&mut self) {
        if !self.all {
            self.batch.end = self.next;
        }
        self.batch.pass_on(self.next);
    }
}

impl<T> Drop for EditBatch<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() && !self.amid_panic {
            self.borrow.release();
        } else {
            self.pass_on(self.end);
        }
    }
}

impl<T> Index<usize> for EditBatch<'_, T> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: usize) -> &T {
        // SAFETY: I6, I8: the event is in the batch, which is borrowed for as long as the
        // reference lives.
        unsafe { self.slot(index).as_ref() }
    }
}

impl<T> IndexMut<usize> for EditBatch<'_, T> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        // SAFETY: I6, I8: the event is in the batch, which is borrowed mutably for as long
        // as the reference lives.
        unsafe { self.slot(index).as_mut() }
    }
}

impl<'a, T> IntoIterator for &'a mut EditBatch<'_, T> {
    type Item = (Sequence, &'a mut T);
    type IntoIter = EditIterMut<'a, T>;

    fn into_iter(self) -> EditIterMut<'a, T> {
        self.iter_mut()
    }
}

impl<T> fmt::Debug for EditBatch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EditBatch").field("sequences", &self.sequences()).finish_non_exhaustive()
    }
}

/// Lends the events of a batch to be changed, with their sequences; from
/// [`EditBatch::iter_mut`].
pub struct EditIterMut<'a, T> {
    next: u64,
    walk: Walk<'a, T, true>,
    _lends: PhantomData<&'a mut T>,
}

impl<'a, T> Iterator for EditIterMut<'a, T> {
    type Item = (Sequence, &'a mut T);

    fn next(&mut self) -> Option<(Sequence, &'a mut T)> {
        let mut slot = self.walk.next()?;
        let sequence = Sequence::new(self.next);
        self.next += 1;
        // SAFETY: I6, I8: the slots of the walk are in an `EditBatch` that is borrowed
        // mutably for `'a`, and the walk passes each of them once.
        Some((sequence, unsafe { slot.as_mut() }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.walk.size_hint()
    }
}

impl<T> ExactSizeIterator for EditIterMut<'_, T> {}

impl<T> FusedIterator for EditIterMut<'_, T> {}

impl<T> fmt::Debug for EditIterMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EditIterMut").field("len", &self.len()).finish_non_exhaustive()
    }
}
