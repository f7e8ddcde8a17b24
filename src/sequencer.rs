//! The protocol: who joins and leaves, who may read what, and who sleeps.
//!
//! Nothing here knows the type of an event or touches a slot. The invariants
//! (I1 to I8) and the argument for each step are in `docs/design.md`.

#![forbid(unsafe_code)]

use core::iter;
use std::time::Instant;

use crossbeam_utils::CachePadded;

use crate::barrier::Upstream;
use crate::counters::{Counter, WriterCounters};
use crate::cursor::Cursor;
use crate::event_count::EventCount;
use crate::fences::Fences;
use crate::gates::{Dependents, Gate, Gates};
use crate::member::Member;
use crate::roster::Roster;
use crate::stages::Stage;
use crate::stall::Blame;
use crate::sync::{AtomicBool, AtomicU64, Ordering, PlainArc, fence, ordering, strong};
use crate::trace;
use crate::unwind::{Finally, for_every};

/// Where a new reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the next event to be published.
    Cursor,
    /// With the latest event, if that is certainly still there.
    Latest,
    /// With the oldest event that is certainly still there, of those from here on.
    Oldest(u64),
}

/// What a reader gets when it joins.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) gate: PlainArc<Gate>,
    pub(crate) place: Place,
}

/// Where a reader stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The first event to read.
    pub(crate) position: u64,
    /// The end of what may be read at once.
    pub(crate) available: u64,
}

/// What comes after what a reader has found.
#[derive(Debug)]
pub(crate) enum Ending {
    /// There is more: it ends here.
    More(u64),
    /// Nothing: the writer is gone.
    Closed,
    /// Nothing: this editor is gone.
    Broken(usize),
}

/// The state of the protocol that all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Sequencer {
    capacity: u64,
    fences: Fences,
    /// When the ring was built.
    pub(crate) built: Instant,
    /// How many events are there to read.
    pub(crate) cursor: Cursor,
    /// What the writer has announced it may write up to, before it scanned the
    /// gates. Never falls, and is never more than `capacity` ahead of the cursor.
    pub(crate) frontier: CachePadded<AtomicU64>,
    /// The same, for the writer: also after a wait that panicked, and could not hand its
    /// allowance back.
    pub(crate) announced: Counter,
    pub(crate) gates: Gates,
    closed: CachePadded<AtomicBool>,
    /// Where readers sleep until something is published.
    pub(crate) published: EventCount,
    /// Where the writer sleeps until a reader has moved on.
    pub(crate) freed: EventCount,
    /// What is between the writer and the cursor: in most rings, nothing.
    pub(crate) stages: Box<[Stage]>,
    pub(crate) counters: CachePadded<WriterCounters>,
    pub(crate) blame: Blame,
    pub(crate) roster: Roster,
}

impl Sequencer {
    /// Makes the protocol of a ring with so many slots and gates, and with editors of
    /// these names.
    pub(crate) fn new(capacity: u64, readers: usize, editors: &[&str], fences: Fences) -> Self {
        Self {
            capacity,
            fences,
            built: Instant::now(),
            cursor: Cursor::new(),
            frontier: CachePadded::new(AtomicU64::new(0)),
            announced: Counter::default(),
            gates: Gates::new(readers),
            closed: CachePadded::new(AtomicBool::new(false)),
            published: EventCount::new(fences),
            freed: EventCount::new(fences),
            stages: Stage::chain(editors, fences),
            counters: CachePadded::default(),
            blame: Blame::new(readers),
            roster: Roster::new(readers, editors.len() as u64),
        }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Says that nothing more will be published. The last act of the writer.
    pub(crate) fn close(&self) {
        // ORDERING: Release pairs with the Acquire of `is_closed`: who sees the
        // ring closed sees all that was published.
        self.closed.store(true, ordering!("sequencer.close", Release));
        let arrivals = self.stages.iter().map(|stage| &stage.arrivals);
        {
            let _then = Finally(|| self.wake_all_dependents());
            for_every(iter::once(&self.published).chain(arrivals), EventCount::wake_all);
        }
        trace::closed(|| self.stages.first().map_or(&self.cursor, |stage| &stage.arrived).load());
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with the Release of `close`.
        self.closed.load(ordering!("sequencer.is_closed", Acquire))
    }

    /// What there is for a reader who is at `position` and has found nothing new; `None` if
    /// that is not yet known.
    #[inline]
    pub(crate) fn ending(&self, position: u64) -> Option<Ending> {
        if !self.stages.is_empty() {
            return self.ending_behind(self.stages.len() - 1, &self.cursor, position);
        }
        if !self.is_closed() {
            return None;
        }
        let end = self.cursor.load();
        Some(if end > position { Ending::More(end) } else { Ending::Closed })
    }

    /// What there is for one who is at `position` and reads what the editor with this index
    /// has passed on, as this cursor says.
    #[cold]
    fn ending_behind(&self, editor: usize, passed_on: &Cursor, position: u64) -> Option<Ending> {
        // What is asked last is the latest: whoever has left or closed has done so after
        // whatever it passed on.
        let culprit = self.stages[editor].culprit();
        let closed = self.is_closed();
        let end = passed_on.load();
        if end > position {
            return Some(Ending::More(end));
        }
        if closed && self.stages[0].arrived.load() == position {
            return Some(Ending::Closed);
        }
        culprit.map(Ending::Broken)
    }

    /// Takes a gate, for a reader that starts there; `None` if every gate is taken. When the
    /// reader is there, `has_joined` must follow. Lock-free.
    ///
    /// The gate is taken at a position that is certainly not too far ahead, and
    /// moved to its place once the frontier is known: see [`settle`](Self::settle).
    pub(crate) fn join(&self, start: Start) -> Option<Joined> {
        let gate = self.gates.take(self.conservative(start))?;
        self.blame.take_from(&gate);
        let place = self.settle(&gate, start);
        Some(Joined { gate, place })
    }

    /// Closes a gate that its reader has opened. When the reader stands there,
    /// `has_joined` must follow: those that come after it may have waited for what it leaves out. Lock-free.
    pub(crate) fn enter(&self, gate: &Gate, start: Start) -> Place {
        gate.advance(self.conservative(start));
        self.settle(gate, start)
    }

    /// Wakes those who may have waited for a reader that has joined at `position`, or come
    /// back there: the writer may have found its gate where it was at first.
    pub(crate) fn has_joined(&self, gate: &Gate, position: u64) {
        if strong!("sequencer.join_wake") {
            self.moved(gate, position);
        }
    }

    /// Returns a position where a gate can be closed at first: certainly not ahead of
    /// where its reader will start.
    fn conservative(&self, start: Start) -> u64 {
        let cursor = self.cursor.load();
        match start {
            Start::Cursor => cursor,
            Start::Latest => cursor.saturating_sub(self.capacity),
            Start::Oldest(from) => from.max(cursor.saturating_sub(self.capacity)).min(cursor),
        }
    }

    /// Moves a gate, which has just been closed, to where its reader starts.
    ///
    /// The fence pairs with that of `Allowance::scan`: either the writer's scan sees the
    /// gate, or this sees the frontier that the scan worked under, below which the writer
    /// may write without asking again. Nothing from `frontier − capacity` on is written
    /// under it, so that is where the oldest event is (I3).
    fn settle(&self, gate: &Gate, start: Start) -> Place {
        if strong!("sequencer.join_fence") {
            // ORDERING: SeqCst fence; pairs with the one in `Allowance::scan` (I3).
            fence(Ordering::SeqCst);
        }
        // ORDERING: Acquire pairs with the Release in `Allowance::scan`: the
        // frontier is at most `capacity` ahead of the cursor loaded next, so
        // nobody starts ahead of the cursor.
        let frontier = self.frontier.load(ordering!("sequencer.frontier", Acquire));
        let available = self.cursor.load();
        let intact = frontier.saturating_sub(self.capacity);
        assert!(intact <= available, "a reader would start ahead of the cursor");
        let position = match start {
            Start::Cursor => available,
            Start::Latest => intact.max(available.saturating_sub(1)),
            Start::Oldest(from) => intact.max(from).min(available),
        };
        gate.advance(position);
        Place { position, available }
    }

    /// Adds a reader at `position`, which the caller protects with a gate of its
    /// own; `None` if every gate is taken. Lock-free.
    ///
    /// No fence is needed. The caller's gate holds the writer back for as long as it
    /// stands at `position`, and a scan that misses the new gate but sees the caller's
    /// move on repeats itself: see [`Gates::smallest`].
    pub(crate) fn join_beside(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.gates.take_beside(position)?;
        self.blame.take_from(&gate);
        Some(gate)
    }

    /// Keeps a gate for one that comes after its reader, which is this.
    pub(crate) fn keep(&self, gate: &PlainArc<Gate>, member: Member) -> Upstream {
        gate.keep(self.fences);
        Upstream::new(PlainArc::clone(gate), member)
    }

    /// Releases everything below `position` to the writer.
    #[inline]
    pub(crate) fn commit(&self, gate: &Gate, position: u64) {
        gate.advance(position);
        self.moved(gate, position);
    }

    /// Wakes those who wait for a gate that was moved to `position`.
    #[inline]
    fn moved(&self, gate: &Gate, position: u64) {
        match gate.dependents() {
            None => self.freed.wake(position),
            Some(dependents) => self.moved_before(dependents, position),
        }
    }

    /// As `moved`, where others come after the reader of the gate.
    #[inline(never)]
    fn moved_before(&self, dependents: &Dependents, position: u64) {
        let _then = Finally(|| {
            if strong!("sequencer.commit_wake") {
                dependents.moved.wake_again(position);
            }
        });
        self.freed.wake(position);
    }

    /// Wakes everybody who comes after another, whomever of those they sleep behind.
    pub(crate) fn wake_all_dependents(&self) {
        // Who sleeps there has perhaps been the first to do so.
        self.fences.waker();
        let dependents = self.gates.taken().filter_map(Gate::dependents);
        for_every(dependents, |dependents| dependents.moved.wake_all());
    }

    /// Has every sleeping reader that joined before look again.
    ///
    /// As when the ring is closed, no fence is needed: the lock orders the caller's last
    /// store before the look of a reader that goes to sleep afterwards, and one that sleeps
    /// finds another epoch (I7).
    pub(crate) fn wake_readers(&self) {
        let _then = Finally(|| self.wake_all_dependents());
        self.published.wake_all();
    }

    /// Tells the writer that a gate has become idle or open, which may end its wait.
    pub(crate) fn released(&self) {
        if strong!("sequencer.released") {
            self.freed.wake(u64::MAX - 1);
        }
    }

    /// Opens the gate of a reader at `position` that will never read on, nor those after it.
    pub(crate) fn retire(&self, gate: &Gate, position: u64) {
        gate.open(position);
        self.has_left(gate);
    }

    /// Removes a reader at `position`.
    pub(crate) fn leave(&self, gate: &Gate, position: u64) {
        self.roster.strike(gate);
        gate.leave(position);
        self.has_left(gate);
    }

    /// Wakes those who may have waited for a gate that does not hold them up any more.
    fn has_left(&self, gate: &Gate) {
        let _then = Finally(|| {
            if gate.dependents().is_some() {
                // They sleep behind one of those that they come after, which need not be this.
                self.wake_all_dependents();
            }
        });
        self.freed.wake_all();
    }

    /// Returns how far the cursor is, to a writer who is about to write `next`.
    pub(crate) fn cursor_of_writer(&self, next: u64) -> u64 {
        if self.stages.is_empty() || !strong!("sequencer.behind_editors") {
            next
        } else {
            self.cursor.load()
        }
    }

    /// Passes everything below `end` on to the first editor.
    #[cold]
    pub(crate) fn hand_over(&self, end: u64) {
        self.stages[0].arrived.publish(end);
        self.stages[0].arrivals.wake(end);
    }

    /// Says that an editor is gone which is at `position`. If that was before the end of the
    /// stream, those who come after it get what it has passed on, and then learn of it.
    pub(crate) fn editor_leaves(&self, editor: usize, position: u64) {
        match self.ending_for_editor(editor, position) {
            Some(Ending::Closed) => (),
            // It has done all that it could.
            Some(Ending::Broken(culprit)) => self.break_off(editor, culprit),
            Some(Ending::More(_)) | None => self.break_off(editor, editor),
        }
    }

    /// Says that an editor passes nothing on any more, because of another or itself.
    pub(crate) fn break_off(&self, editor: usize, culprit: usize) {
        self.stages[editor].break_off(culprit);
        let _then = Finally(|| self.freed.wake_all());
        match self.stages.get(editor + 1) {
            Some(next) => next.arrivals.wake_all(),
            None => self.wake_readers(),
        }
    }

    /// What there is for an editor which is at `position` and has found nothing new.
    pub(crate) fn ending_for_editor(&self, editor: usize, position: u64) -> Option<Ending> {
        let arrived = &self.stages[editor].arrived;
        if editor > 0 {
            return self.ending_behind(editor - 1, arrived, position);
        }
        if !self.is_closed() {
            return None;
        }
        let end = arrived.load();
        Some(if end > position { Ending::More(end) } else { Ending::Closed })
    }

    /// Returns an editor without which nothing published will ever be read, if one has
    /// left.
    pub(crate) fn broken(&self) -> Option<&Member> {
        let culprit = self.stages.iter().find_map(Stage::culprit)?;
        Some(&self.stages[culprit].member)
    }

    /// Nanoseconds since the ring was built.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.built.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
