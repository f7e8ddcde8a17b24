//! An order and its model, to which the same is done.
//!
//! The model is a plain list. On one thread each publication is over before the next begins, so the order
//! is the list of all events as they were published. Each reader must get what follows the place in the
//! list where it has joined.

use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use broadring::{End, ReadTimeoutError, TryReadError};
use broadring_order::clock::Clock;
use broadring_order::{Merged, Order, Ordered, SourceId, Stamp, Writer, Writers};

use crate::common::mixed;
use crate::ops::{Claiming, Finish, Op, Receiving, Stop, Way, Which};

const LONG: Duration = Duration::from_secs(3600);
const MAX_WRITERS: usize = 9;
const MAX_READERS: usize = 5;

/// An event of the list.
struct Listed {
    source: SourceId,
    sequence: u64,
    /// `None` until somebody has told.
    stamp: Option<Stamp>,
}

struct Writing<C: Clock> {
    id: SourceId,
    capacity: usize,
    published: u64,
    /// `None` while it is in the middle of something.
    handle: Option<Writer<u64, C>>,
}

struct Reading<C: Clock> {
    number: u64,
    /// The place in the list of what it reads next.
    next: usize,
    evictable: bool,
    /// It has been in some writer's way, so that it may have been evicted.
    overtaken: bool,
    /// `None` while it is in the middle of something.
    handle: Option<Merged<u64, C>>,
}

pub(crate) struct Pair<C: Clock> {
    writers: Option<Writers<u64, C>>,
    order: Order<u64, C>,
    list: Vec<Listed>,
    writing: Vec<Writing<C>>,
    reading: Vec<Reading<C>>,
    joined: u32,
    subscribed: u64,
}

/// What a reader has got.
type Seen = (u64, Stamp, SourceId, u64, u64);

fn owned(event: Ordered<&u64>) -> Seen {
    let Ordered { position, stamp, source, sequence, event, .. } = event;
    (position, stamp, source, sequence.get(), *event)
}

/// The event at a place in the list.
fn event(at: usize) -> u64 {
    mixed(at as u64)
}

/// A panic that prints nothing.
fn panic_quietly() -> ! {
    resume_unwind(Box::new("on purpose"))
}

fn panics_quietly<R>(body: impl FnOnce() -> R) {
    let payload = catch_unwind(AssertUnwindSafe(body)).err().expect("it panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
}

impl<C: Clock> Pair<C> {
    pub(crate) fn new(clock: C) -> Self {
        let (writers, order) =
            Writers::builder(4).max_readers(MAX_READERS).clock(clock).build(|| u64::MAX);
        let mut pair = Self {
            writers: Some(writers),
            order,
            list: Vec::new(),
            writing: Vec::new(),
            reading: Vec::new(),
            joined: 0,
            subscribed: 0,
        };
        pair.reader_joins(false);
        pair.writer_joins(4);
        pair
    }

    pub(crate) fn apply(&mut self, op: &Op) {
        match *op {
            Op::WriterJoins { capacity } => self.writer_joins(capacity),
            Op::WriterLeaves(which) => {
                if let Some(index) = self.idle_writer(which) {
                    self.writing.remove(index);
                }
            }
            Op::WritersAreDropped => self.writers = None,
            Op::Publish(which, way) => self.publish(which, way),
            Op::WriteSlowly { writer, panics, ref meanwhile } => {
                self.write_slowly(writer, panics, meanwhile);
            }
            Op::Claim { writer, len, how, finish, ref meanwhile } => {
                self.claim(writer, len, how, finish, meanwhile);
            }
            Op::PublishAll { writer, len, panics } => self.publish_all(writer, len, panics),
            Op::ReaderJoins { evictable } => self.reader_joins(evictable),
            Op::ReaderLeaves(which) => {
                if let Some(index) = self.idle_reader(which) {
                    self.reading.remove(index);
                }
            }
            Op::ReaderRejoins(which) => self.reader_rejoins(which),
            Op::Receive(which, how, times) => {
                for _ in 0..times {
                    self.receive(which, how);
                }
            }
            Op::Batch { reader, ref iterators, forget, ref meanwhile } => {
                self.batch(reader, iterators, forget, meanwhile);
            }
            Op::Run(which, at, stop) => self.run(which, at, stop),
        }
        self.check();
    }

    /// Everybody leaves, and every reader reads to the end.
    pub(crate) fn end(mut self) {
        self.writers = None;
        self.writing.clear();
        for mut reading in mem::take(&mut self.reading) {
            let mut reader = reading.handle.take().expect("nothing is in the middle of something");
            let end = reader.run(|event| self.sees(&mut reading, owned(event)));
            if !(reading.overtaken && matches!(end, End::Evicted(_))) {
                assert_eq!(end, End::Closed);
                assert_eq!(reading.next, self.list.len());
            }
            let again = reader.try_recv().map(drop);
            assert_eq!(again, Err(TryReadError::Ended(end)));
        }
        assert_eq!(self.order.published(), self.list.len() as u64);
    }

    // What is the same all the time.
    fn check(&mut self) {
        assert_eq!(self.order.published(), self.list.len() as u64);
        let sources: Vec<_> = self.order.sources().iter().map(|source| source.id()).collect();
        let expected: Vec<_> = self.writing.iter().map(|writing| writing.id).collect();
        assert_eq!(sources, expected);
        for reading in &self.reading {
            if let Some(reader) = &reading.handle {
                assert_eq!(reader.position(), reading.next as u64);
            }
        }
        for index in 0..self.writing.len() {
            let room = self.room(index);
            let writing = &mut self.writing[index];
            if let Some(writer) = &mut writing.handle {
                assert_eq!(writer.cursor().get(), writing.published);
                assert!(writer.remaining_capacity() <= room);
            }
        }
    }

    fn idle_writer(&self, which: Which) -> Option<usize> {
        let index = which.checked_rem(self.writing.len())?;
        self.writing[index].handle.is_some().then_some(index)
    }

    fn idle_reader(&self, which: Which) -> Option<usize> {
        let index = which.checked_rem(self.reading.len())?;
        self.reading[index].handle.is_some().then_some(index)
    }

    fn index_of(&self, id: SourceId) -> usize {
        self.writing.iter().position(|writing| writing.id == id).expect("it is busy, and stays")
    }

    fn writer_joins(&mut self, capacity: usize) {
        let Some(writers) = &self.writers else { return };
        if self.writing.len() == MAX_WRITERS {
            return;
        }
        let writer = writers.writer().capacity(capacity).join();
        let id = SourceId::new(self.joined);
        assert_eq!((writer.id(), writer.latest()), (id, Stamp::MIN));
        self.joined += 1;
        self.writing.push(Writing { id, capacity, published: 0, handle: Some(writer) });
    }

    fn reader_joins(&mut self, evictable: bool) {
        let mut builder = self.order.reader();
        if evictable {
            builder = builder.evict_after(Duration::ZERO);
        }
        match builder.subscribe() {
            Ok(reader) => {
                let (number, next) = (self.subscribed, self.list.len());
                self.subscribed += 1;
                let handle = Some(reader);
                self.reading.push(Reading { number, next, evictable, overtaken: false, handle });
            }
            // Those that have learnt that they were evicted are not counted.
            Err(_) => assert!(self.reading.len() >= MAX_READERS),
        }
    }

    fn reader_rejoins(&mut self, which: Which) {
        let Some(index) = self.idle_reader(which) else { return };
        let reading = &mut self.reading[index];
        // Its place may have been taken, if it was evicted.
        let overtaken = reading.overtaken;
        match reading.handle.as_mut().map(Merged::rejoin) {
            Some(Ok(())) => (reading.next, reading.overtaken) = (self.list.len(), false),
            _ => {
                assert!(overtaken);
                self.reading.remove(index);
            }
        }
    }

    /// How many events this reader has read of a writer.
    fn read_of(&self, reading: &Reading<C>, id: SourceId) -> u64 {
        self.list[..reading.next].iter().filter(|event| event.source == id).count() as u64
    }

    /// How many slots the writer finds free: readers that may be evicted hold nobody back.
    fn room(&self, index: usize) -> usize {
        let writing = &self.writing[index];
        let holding = self.reading.iter().filter(|reading| !reading.evictable);
        let read = holding.map(|reading| self.read_of(reading, writing.id)).min();
        writing.capacity - (writing.published - read.unwrap_or(writing.published)) as usize
    }

    /// Notes which readers are in the way of a writer that wants so many slots.
    fn overtakes(&mut self, index: usize, len: usize) {
        let Writing { id, capacity, published, .. } = self.writing[index];
        for reading in 0..self.reading.len() {
            let read = self.read_of(&self.reading[reading], id);
            let reading = &mut self.reading[reading];
            reading.overtaken |=
                reading.evictable && published + len as u64 > read + capacity as u64;
        }
    }

    /// Adds events to the list, of which the last has this stamp.
    fn lists(&mut self, id: SourceId, len: usize, same_stamp: bool, stamp: Stamp) {
        let index = self.index_of(id);
        for left in (0..len).rev() {
            let sequence = self.writing[index].published;
            self.writing[index].published += 1;
            let stamp = (same_stamp || left == 0).then_some(stamp);
            self.list.push(Listed { source: id, sequence, stamp });
        }
    }

    fn publish(&mut self, which: Which, way: Way) {
        let Some(index) = self.idle_writer(which) else { return };
        let event = event(self.list.len());
        let room = self.room(index) > 0;
        self.overtakes(index, 1);
        let Writing { id, handle, .. } = &mut self.writing[index];
        let (id, writer) = (*id, handle.as_mut().unwrap());
        let write = |slot: &mut u64| *slot = event;
        let deadline = Instant::now() + if room { LONG } else { Duration::ZERO };
        let timeout = if room { LONG } else { Duration::ZERO };
        let published = match way {
            Way::Publish | Way::With if !room => return,
            Way::Publish => Ok(writer.publish(event)),
            Way::With => Ok(writer.publish_with(write)),
            Way::Try => writer.try_publish(event).map_err(|refused| refused.into_inner()),
            Way::TryWith => writer.try_publish_with(write).map_err(|_| event),
            Way::Timeout => {
                writer.publish_timeout(event, timeout).map_err(|refused| refused.into_inner())
            }
            Way::WithTimeout => writer.publish_with_timeout(write, timeout).map_err(|_| event),
            Way::Deadline => {
                writer.publish_deadline(event, deadline).map_err(|refused| refused.into_inner())
            }
            Way::WithDeadline => writer.publish_with_deadline(write, deadline).map_err(|_| event),
        };
        match published {
            Ok(stamp) => {
                assert!(room, "the ring is full");
                assert_eq!(writer.latest(), stamp);
                self.lists(id, 1, true, stamp);
            }
            Err(refused) => {
                assert!(!room, "there is room");
                assert_eq!(refused, event);
            }
        }
    }

    fn write_slowly(&mut self, which: Which, panics: bool, meanwhile: &[Op]) {
        let Some(index) = self.idle_writer(which) else { return };
        if self.room(index) == 0 {
            return;
        }
        self.overtakes(index, 1);
        let id = self.writing[index].id;
        let mut writer = self.writing[index].handle.take().unwrap();
        let before = writer.latest();
        let write = |slot: &mut u64| {
            *slot = 1; // somebody else's
            meanwhile.iter().for_each(|op| self.apply(op));
            if panics {
                panic_quietly();
            }
            *slot = event(self.list.len());
        };
        if panics {
            panics_quietly(|| writer.publish_with(write));
            assert_eq!(writer.latest(), before);
        } else {
            let stamp = writer.publish_with(write);
            self.lists(id, 1, true, stamp);
        }
        let index = self.index_of(id);
        self.writing[index].handle = Some(writer);
    }

    fn claim(&mut self, which: Which, len: usize, how: Claiming, finish: Finish, meanwhile: &[Op]) {
        let Some(index) = self.idle_writer(which) else { return };
        let (id, capacity) = (self.writing[index].id, self.writing[index].capacity);
        let room = self.room(index);
        let some = matches!(how, Claiming::UpTo | Claiming::TryUpTo);
        let fits = len <= capacity && if some { room > 0 } else { room >= len };
        if !fits && len <= capacity && matches!(how, Claiming::Exactly | Claiming::UpTo) {
            return; // it would wait
        }
        if len <= capacity {
            self.overtakes(index, len);
        }
        let mut writer = self.writing[index].handle.take().unwrap();
        let before = writer.latest();
        let timeout = if fits { LONG } else { Duration::ZERO };
        let claim = match how {
            Claiming::Exactly => writer.claim(len).ok(),
            Claiming::Try => writer.try_claim(len).ok(),
            Claiming::UpTo => writer.claim_up_to(len).ok(),
            Claiming::TryUpTo => writer.try_claim_up_to(len).ok(),
            Claiming::Timeout => writer.claim_timeout(len, timeout).ok(),
            Claiming::Deadline => writer.claim_deadline(len, Instant::now() + timeout).ok(),
        };
        assert_eq!(claim.is_some(), fits, "{len} of {room} free and {capacity} slots");
        if let Some(mut claim) = claim {
            let got = claim.len();
            assert!(if some { 0 < got && got <= len.min(room) } else { got == len });
            claim.iter_mut().for_each(|slot| *slot = 2); // somebody else's
            meanwhile.iter().for_each(|op| self.apply(op));
            for (slot, at) in claim.iter_mut().zip(self.list.len()..) {
                *slot = event(at);
            }
            let (stamp, published) = match finish {
                Finish::Publish => (claim.publish(), got),
                Finish::First(first) => (claim.publish_first(first.min(got)), first.min(got)),
                Finish::Drop => {
                    drop(claim);
                    (before, 0)
                }
                Finish::Forget => {
                    #[expect(
                        clippy::forget_non_drop,
                        reason = "whether it has a drop is its own affair"
                    )]
                    mem::forget(claim);
                    (before, 0)
                }
            };
            if published == 0 {
                assert_eq!(stamp, before);
            }
            assert_eq!(writer.latest(), stamp);
            self.lists(id, published, true, stamp);
        }
        let index = self.index_of(id);
        self.writing[index].handle = Some(writer);
    }

    fn publish_all(&mut self, which: Which, len: usize, panics: bool) {
        let Some(index) = self.idle_writer(which) else { return };
        if self.room(index) < len + 1 {
            return; // it might wait
        }
        // It claims a run before it knows how many events there are.
        let run = (self.writing[index].capacity / 4).clamp(1, 64);
        self.overtakes(index, len + run);
        let id = self.writing[index].id;
        let first = self.list.len();
        let writer = self.writing[index].handle.as_mut().unwrap();
        let events = (first..first + len).map(event);
        if panics {
            let events = events.chain(std::iter::once_with(|| panic_quietly()));
            panics_quietly(|| writer.publish_all(events));
        } else {
            assert_eq!(writer.publish_all(events), len as u64);
        }
        let stamp = writer.latest();
        self.lists(id, len, false, stamp);
    }

    /// A reader gets an event, which must be the next one.
    fn sees(&mut self, reading: &mut Reading<C>, seen: Seen) {
        let (position, stamp, source, sequence, event) = seen;
        let at = reading.next;
        assert!(at < self.list.len(), "that was not published: {seen:?}");
        let before =
            at.checked_sub(1).map(|before| (self.list[before].source, self.list[before].stamp));
        let listed = &mut self.list[at];
        assert_eq!((position, event), (at as u64, self::event(at)));
        assert_eq!((source, sequence), (listed.source, listed.sequence));
        assert_eq!(*listed.stamp.get_or_insert(stamp), stamp);
        if let Some((one_before, Some(before))) = before {
            assert!(before < stamp || (before == stamp && one_before == source));
        }
        reading.next += 1;
    }

    /// What a reader gets that has nothing to read.
    fn at_end(&self) -> Option<End> {
        (self.writers.is_none() && self.writing.is_empty()).then_some(End::Closed)
    }

    fn with_reader(
        &mut self,
        which: Which,
        act: impl FnOnce(&mut Self, &mut Reading<C>, &mut Merged<u64, C>),
    ) {
        let Some(index) = self.idle_reader(which) else { return };
        let mut reader = self.reading[index].handle.take().unwrap();
        // Meanwhile the list of readers has it where it was: nothing is committed.
        let Reading { number, next, evictable, overtaken, .. } = self.reading[index];
        let mut reading = Reading { number, next, evictable, overtaken, handle: None };
        act(self, &mut reading, &mut reader);
        reading.handle = Some(reader);
        let busy = self.reading.iter_mut().find(|reading| reading.number == number);
        *busy.expect("it is busy, and stays") = reading;
    }

    fn receive(&mut self, which: Which, how: Receiving) {
        self.with_reader(which, |pair, reading, reader| {
            let empty = reading.next == pair.list.len();
            let waits = empty && pair.at_end().is_none();
            let received = match how {
                Receiving::Plain if waits => return,
                Receiving::Plain => reader.recv().map_err(TryReadError::Ended),
                Receiving::Try => reader.try_recv(),
                Receiving::Timeout => {
                    let timeout = if waits { Duration::ZERO } else { LONG };
                    reader.recv_timeout(timeout).map_err(|error| match error {
                        ReadTimeoutError::Timeout => TryReadError::Empty,
                        ReadTimeoutError::Ended(end) => TryReadError::Ended(end),
                    })
                }
            };
            match received {
                Ok(event) => {
                    let Ordered { position, stamp, source, sequence, event, .. } = event;
                    pair.sees(reading, (position, stamp, source, sequence.get(), event));
                }
                Err(TryReadError::Empty) => assert!(waits, "there is something"),
                Err(TryReadError::Ended(End::Evicted(_))) => assert!(reading.overtaken),
                Err(TryReadError::Ended(end)) => {
                    assert!(empty, "there is something");
                    assert_eq!(Some(end), pair.at_end());
                }
            }
        });
    }

    fn batch(&mut self, which: Which, iterators: &[usize], forget: bool, meanwhile: &[Op]) {
        self.with_reader(which, |pair, reading, reader| {
            let start = reading.next;
            let mut batch = match reader.try_batch() {
                Ok(batch) => batch,
                Err(TryReadError::Ended(End::Evicted(_))) => return assert!(reading.overtaken),
                Err(TryReadError::Ended(end)) => {
                    assert_eq!(start, pair.list.len());
                    return assert_eq!(Some(end), pair.at_end());
                }
                Err(TryReadError::Empty) => {
                    assert_eq!(start, pair.list.len());
                    return assert_eq!(pair.at_end(), None);
                }
            };
            for (index, &len) in iterators.iter().enumerate() {
                let seen: Vec<_> = batch.iter().take(len).map(owned).collect();
                assert!(index > 0 || len == 0 || !seen.is_empty(), "a batch is never empty");
                seen.into_iter().for_each(|event| pair.sees(reading, event));
                if !reading.evictable {
                    meanwhile.iter().for_each(|op| pair.apply(op));
                }
            }
            if forget && !reading.evictable {
                mem::forget(batch);
                reading.next = start;
            }
        });
    }

    fn run(&mut self, which: Which, at: usize, stop: Stop) {
        self.with_reader(which, |pair, reading, reader| {
            let most = at.min(pair.list.len() - reading.next);
            if most == 0 {
                return; // it would wait
            }
            let mut left = most;
            let handle = |event: Ordered<&u64>| {
                pair.sees(reading, owned(event));
                left -= 1;
                match stop {
                    _ if left > 0 => ControlFlow::Continue(()),
                    Stop::Break => ControlFlow::Break(7),
                    Stop::Panic => panic_quietly(),
                }
            };
            let run = catch_unwind(AssertUnwindSafe(|| reader.run_until(handle)));
            match run {
                Ok(Err(End::Evicted(_))) => assert!(reading.overtaken),
                Ok(ended) => {
                    assert_eq!(ended, Ok(7));
                    assert!(left == 0 && matches!(stop, Stop::Break));
                }
                Err(payload) => {
                    if payload.downcast_ref::<&str>() != Some(&"on purpose") {
                        resume_unwind(payload);
                    }
                    assert!(left == 0 && matches!(stop, Stop::Panic));
                }
            }
        });
    }
}
