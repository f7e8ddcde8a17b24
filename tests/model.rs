//! Whatever one does to a ring, in whatever order, it answers exactly as a model
//! does that keeps a queue for every reader.

mod common;

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use broadring::{End, Reader, Ring, Sequence, TryClaimError, TryReadError, Writer};
use common::{cases, event, events, finite};
use proptest::collection::vec;
use proptest::prelude::*;

const MAX_READERS: usize = 4;

/// One thing to do. Readers are chosen by an index into those there are.
#[derive(Debug, Clone)]
enum Op {
    Publish(Publish),
    PublishAll(u64),
    Claim { how: HowToClaim, len: usize, then: Then },
    Subscribe,
    SubscribeFromOldest,
    Clone(usize),
    Recv(usize),
    Batch { reader: usize, limit: usize, take: usize, then: Done },
    Leave(usize),
    Close,
}

#[derive(Debug, Clone, Copy)]
enum Publish {
    Wait,
    Try,
    TryWith,
    NoTime,
}

#[derive(Debug, Clone, Copy)]
enum HowToClaim {
    Wait,
    Try,
    UpTo,
}

/// What becomes of a claim.
#[derive(Debug, Clone, Copy)]
enum Then {
    Publish,
    PublishFirst(usize),
    Drop,
    Forget,
}

/// What becomes of a batch of which some events are taken.
#[derive(Debug, Clone, Copy)]
enum Done {
    /// Nothing is taken; all of it is dropped.
    Drop,
    /// What is taken is committed, and the rest forgotten.
    CommitAndForget,
    /// It is taken one by one, and the batch is forgotten.
    NextAndForget,
    /// It is taken one by one, and the batch is dropped.
    NextAndDrop,
    /// A closure is given as many.
    BreakOff,
    /// A closure is given as many, over as many batches as it takes.
    RunUntil,
}

fn an_op() -> impl Strategy<Value = Op> {
    let len = || prop_oneof![0..5_usize, 0..70_usize];
    let publish = prop_oneof![
        Just(Publish::Wait),
        Just(Publish::Try),
        Just(Publish::TryWith),
        Just(Publish::NoTime)
    ];
    let how = prop_oneof![Just(HowToClaim::Wait), Just(HowToClaim::Try), Just(HowToClaim::UpTo)];
    let then = prop_oneof![
        3 => Just(Then::Publish),
        2 => len().prop_map(Then::PublishFirst),
        1 => Just(Then::Drop),
        1 => Just(Then::Forget)
    ];
    let done = prop_oneof![
        Just(Done::Drop),
        Just(Done::CommitAndForget),
        Just(Done::NextAndForget),
        Just(Done::NextAndDrop),
        Just(Done::BreakOff),
        Just(Done::RunUntil)
    ];
    let reader = || 0..MAX_READERS;
    prop_oneof![
        12 => publish.prop_map(Op::Publish),
        3 => (0..20_u64).prop_map(Op::PublishAll),
        8 => (how, len(), then).prop_map(|(how, len, then)| Op::Claim { how, len, then }),
        2 => Just(Op::Subscribe),
        2 => Just(Op::SubscribeFromOldest),
        2 => reader().prop_map(Op::Clone),
        8 => reader().prop_map(Op::Recv),
        12 => (reader(), len(), len(), done)
            .prop_map(|(reader, limit, take, then)| Op::Batch { reader, limit, take, then }),
        3 => reader().prop_map(Op::Leave),
        1 => Just(Op::Close),
    ]
}

/// A reader as the model has it.
#[derive(Debug, Clone, Default)]
struct ModelReader {
    position: u64,
    unread: VecDeque<(u64, u64)>,
    /// How many of the unread events the reader has learnt of. A batch holds no
    /// others until it has read these.
    known: usize,
}

impl ModelReader {
    fn starting_at(position: u64, published: u64) -> Self {
        let unread: VecDeque<_> = (position..published).map(|at| (at, event(at))).collect();
        Self { position, known: unread.len(), unread }
    }

    /// Learns of what there is, if nothing is known.
    fn look(&mut self, closed: bool) -> Result<(), TryReadError> {
        if self.known == 0 {
            self.known = self.unread.len();
        }
        match (self.known, closed) {
            (0, true) => Err(TryReadError::Ended(End::Closed)),
            (0, false) => Err(TryReadError::Empty),
            _ => Ok(()),
        }
    }

    fn commit(&mut self, events: usize) {
        self.unread.drain(..events);
        self.known -= events;
        self.position += events as u64;
    }
}

/// The ring as the model has it.
struct Model {
    capacity: usize,
    published: u64,
    readers: Vec<ModelReader>,
    closed: bool,
    /// How far the writer may write without looking at the readers again, and up
    /// to where it has said that it might: what is older by a whole ring is not
    /// given to those who join at the oldest event.
    limit: u64,
    frontier: u64,
}

impl Model {
    fn new(capacity: usize) -> Self {
        Self { capacity, published: 0, readers: Vec::new(), closed: false, limit: 0, frontier: 0 }
    }

    fn free(&self) -> usize {
        let longest = self.readers.iter().map(|reader| reader.unread.len()).max();
        self.capacity - longest.unwrap_or(0)
    }

    /// What the writer does to get that many slots.
    fn ask_for(&mut self, events: usize) {
        let end = self.published + events as u64;
        if end > self.limit {
            if end > self.frontier {
                self.frontier = self.published + events.max(self.capacity / 2) as u64;
            }
            let slowest = self.readers.iter().map(|reader| reader.position).min();
            let free = slowest.map_or(u64::MAX, |slowest| slowest + self.capacity as u64);
            self.limit = self.frontier.min(free);
        }
    }

    fn publish(&mut self, events: usize) {
        for _ in 0..events {
            for reader in &mut self.readers {
                reader.unread.push_back((self.published, event(self.published)));
            }
            self.published += 1;
        }
    }
}

/// The ring itself and the model, which must agree.
struct Pair {
    model: Model,
    writer: Option<Writer<u64>>,
    ring: Ring<u64>,
    readers: Vec<Reader<u64>>,
}

impl Pair {
    fn new(capacity: usize) -> Self {
        let (writer, ring) = Ring::builder(capacity).max_readers(MAX_READERS).build(|| 0);
        Self { model: Model::new(capacity), writer: Some(writer), ring, readers: Vec::new() }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Publish(how) => self.publish(how),
            Op::PublishAll(len) => self.publish_all(len),
            Op::Claim { how, len, then } => self.claim(how, len, then),
            Op::Subscribe => {
                let start = self.model.published;
                self.join(self.ring.subscribe().ok(), start);
            }
            Op::SubscribeFromOldest => {
                let start = self.model.frontier.saturating_sub(self.model.capacity as u64);
                self.join(self.ring.reader().from_oldest().subscribe().ok(), start);
            }
            Op::Clone(reader) => {
                if let Some(original) = self.readers.get(reader) {
                    let clone = original.try_clone();
                    assert_eq!(clone.is_ok(), self.readers.len() < MAX_READERS);
                    if let Ok(clone) = clone {
                        self.readers.push(clone);
                        self.model.readers.push(self.model.readers[reader].clone());
                    }
                }
            }
            Op::Recv(reader) => self.recv(reader),
            Op::Batch { reader, limit, take, then } => self.batch(reader, limit, take, then),
            Op::Leave(reader) => {
                if reader < self.readers.len() {
                    drop(self.readers.swap_remove(reader));
                    self.model.readers.swap_remove(reader);
                }
            }
            Op::Close => {
                self.writer = None;
                self.model.closed = true;
            }
        }
        self.agree();
    }

    /// Everything that can be asked without changing anything.
    fn agree(&self) {
        let Self { model, writer, ring, readers } = self;
        assert_eq!(ring.cursor().get(), model.published);
        assert_eq!(ring.is_closed(), model.closed);
        assert_eq!(ring.reader_count(), model.readers.len());
        assert_eq!(writer.is_none(), model.closed);
        if let Some(writer) = writer {
            assert_eq!(writer.cursor().get(), model.published);
            assert_eq!(writer.remaining_capacity(), model.free());
            assert_eq!(writer.has_readers(), !model.readers.is_empty());
        }
        for (reader, modelled) in readers.iter().zip(&model.readers) {
            assert_eq!(reader.position().get(), modelled.position);
            assert_eq!(reader.lag(), modelled.unread.len() as u64);
        }
    }

    fn publish(&mut self, how: Publish) {
        let Some(writer) = &mut self.writer else { return };
        let next = Sequence::new(self.model.published);
        let event = event(next.get());
        let free = self.model.free() > 0;
        self.model.ask_for(1);
        let published = match how {
            Publish::Wait if free => Ok(writer.publish(event)),
            Publish::Wait | Publish::Try => {
                writer.try_publish(event).map_err(|refused| refused.into_inner())
            }
            Publish::TryWith => writer.try_publish_with(|slot| *slot = event).map_err(|refused| {
                let mut slot = 0;
                refused.into_inner()(&mut slot);
                slot
            }),
            Publish::NoTime => {
                let refused = writer.publish_timeout(event, Duration::ZERO);
                refused.map_err(|refused| refused.into_inner())
            }
        };
        if free {
            assert_eq!(published, Ok(next));
            self.model.publish(1);
        } else {
            assert_eq!(published, Err(event));
        }
    }

    fn publish_all(&mut self, len: u64) {
        let Some(writer) = &mut self.writer else { return };
        let len = len.min(self.model.free() as u64);
        let (start, end) = (self.model.published, self.model.published + len);
        let published = writer.publish_all(events(start..end));
        assert_eq!(published, Sequence::new(start)..Sequence::new(end));
        let longest = (self.model.capacity / 4).max(1);
        while self.model.published < end {
            let run = longest.min((end - self.model.published) as usize);
            self.model.ask_for(run);
            self.model.publish(run);
        }
    }

    fn claim(&mut self, how: HowToClaim, len: usize, then: Then) {
        let Some(writer) = &mut self.writer else { return };
        let model = &mut self.model;
        let free = model.free();
        let too_large = len > model.capacity;
        // What would have to wait is only tried.
        let tried = match how {
            HowToClaim::Try => true,
            HowToClaim::Wait => len > free,
            HowToClaim::UpTo => free == 0,
        };
        if !too_large {
            model.ask_for(len);
        }
        let claim = match how {
            _ if tried => writer.try_claim(len),
            HowToClaim::UpTo => writer.claim_up_to(len).map_err(TryClaimError::from),
            _ => writer.claim(len).map_err(TryClaimError::from),
        };
        let mut claim = match claim {
            Err(error @ TryClaimError::EditorLeft(_)) => panic!("{error}"),
            Ok(claim) => claim,
            Err(TryClaimError::Full) => {
                assert!(tried && !too_large && len > free);
                return;
            }
            Err(TryClaimError::TooLarge(error)) => {
                assert!(too_large);
                assert_eq!((error.requested(), error.capacity()), (len, model.capacity));
                return;
            }
        };
        assert_eq!(claim.len(), if tried { len } else { len.min(free) });
        let len = claim.len();
        assert_eq!(claim.first_sequence().get(), model.published);
        for (slot, sequence) in claim.iter_mut().zip(model.published..) {
            *slot = event(sequence);
        }
        let publish = match then {
            Then::Publish => len,
            Then::PublishFirst(some) => some.min(len),
            Then::Drop | Then::Forget => 0,
        };
        let expected =
            Sequence::new(model.published)..Sequence::new(model.published) + publish as u64;
        match then {
            Then::Publish => assert_eq!(claim.publish(), expected),
            Then::PublishFirst(_) => assert_eq!(claim.publish_first(publish), expected),
            Then::Drop => drop(claim),
            #[allow(clippy::forget_non_drop, reason = "whether it has a drop or not")]
            Then::Forget => mem::forget(claim),
        }
        model.publish(publish);
    }

    fn join(&mut self, reader: Option<Reader<u64>>, start: u64) {
        assert_eq!(reader.is_some(), self.readers.len() < MAX_READERS);
        if let Some(reader) = reader {
            self.readers.push(reader);
            self.model.readers.push(ModelReader::starting_at(start, self.model.published));
        }
    }

    fn recv(&mut self, reader: usize) {
        let Some(modelled) = self.model.readers.get_mut(reader) else { return };
        let reader = &mut self.readers[reader];
        let expected = modelled.look(self.model.closed).map(|()| modelled.unread[0].1);
        assert_eq!(reader.try_recv(), expected);
        if expected.is_ok() {
            modelled.commit(1);
        }
    }

    fn batch(&mut self, reader: usize, limit: usize, take: usize, then: Done) {
        let Some(modelled) = self.model.readers.get_mut(reader) else { return };
        let reader = &mut self.readers[reader];
        if let Done::RunUntil = then {
            // More than there is would make it wait.
            let take = take.min(modelled.unread.len());
            return run_until(reader, modelled, take);
        }
        if limit > 0
            && let Err(error) = modelled.look(self.model.closed)
        {
            assert_eq!(reader.try_batch_up_to(limit).map(drop), Err(error));
            return;
        }
        let mut batch = reader.try_batch_up_to(limit).unwrap();
        let len = modelled.known.min(limit);
        let expected = || modelled.unread.iter().copied().take(len);
        assert_eq!(batch.len(), len);
        assert!(batch.iter().map(|(at, &event)| (at.get(), event)).eq(expected()));
        assert!(batch.events().copied().eq(expected().map(|(_, event)| event)));

        let take = take.min(len);
        let quarter = (self.model.capacity / 4).max(1);
        let committed = match then {
            Done::Drop | Done::RunUntil => len,
            Done::CommitAndForget => {
                if take > 0 {
                    batch.commit_through(batch.sequences().start + (take as u64 - 1));
                }
                assert!(batch.events().copied().eq(expected().skip(take).map(|(_, event)| event)));
                mem::forget(batch);
                modelled.commit(take);
                return;
            }
            Done::NextAndForget | Done::NextAndDrop => {
                for (at, event) in expected().take(take) {
                    assert_eq!(batch.next_event(), Some((Sequence::new(at), &event)));
                }
                assert_eq!(batch.len(), len - take);
                if let Done::NextAndForget = then {
                    mem::forget(batch);
                    // Whole quarters, except the one that the last event is in.
                    modelled.commit(take.saturating_sub(1) / quarter * quarter);
                    return;
                }
                len
            }
            Done::BreakOff => {
                let mut given = Vec::new();
                let ended = batch.try_for_each(|&event, at| {
                    given.push((at.get(), event));
                    if given.len() == take {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                });
                // Asked to break off at none, it never does.
                let given_out = if take == 0 { len } else { take };
                assert_eq!(ended.is_break(), take > 0);
                assert!(given.into_iter().eq(expected().take(given_out)));
                modelled.commit(given_out);
                return;
            }
        };
        drop(batch);
        modelled.commit(committed);
    }
}

fn run_until(reader: &mut Reader<u64>, modelled: &mut ModelReader, take: usize) {
    if take == 0 {
        return;
    }
    let mut given = Vec::new();
    let ended = reader.run_until(|&event, at, end_of_batch| {
        given.push(((at.get(), event), end_of_batch));
        if given.len() == take { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(ended, Ok(()));
    for (seen, end_of_batch) in given {
        modelled.look(false).unwrap();
        assert_eq!(seen, modelled.unread[0]);
        assert_eq!(end_of_batch, modelled.known == 1);
        modelled.commit(1);
    }
}

#[test]
fn a_ring_answers_as_the_model_does() {
    finite(|| {
        let capacity = (0..7_u32).prop_map(|power| 1 << power);
        proptest!(cases(256), |(capacity in capacity, ops in vec(an_op(), 1..150))| {
            let mut pair = Pair::new(capacity);
            for op in ops {
                pair.apply(op);
            }
        });
    });
}
