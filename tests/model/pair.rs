//! A ring and its model side by side: every operation is applied to both, and both must agree.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use broadring::{Reader, Ring, Sequence, SubscribeError, TryClaimError, Writer};

use crate::common::{event, events};
use crate::ops::{Done, HowToClaim, MAX_READERS, Op, Publish, Then};
use crate::queues::{Model, ModelReader};

/// The ring itself and the model, which must agree.
pub(crate) struct Pair {
    pub(crate) model: Model,
    pub(crate) writer: Option<Writer<u64>>,
    pub(crate) ring: Ring<u64>,
    pub(crate) readers: Vec<Reader<u64>>,
}

impl Pair {
    pub(crate) fn new(capacity: usize, first: u64) -> Self {
        let builder = Ring::builder(capacity).max_readers(MAX_READERS).first_sequence(first);
        let (writer, ring) = builder.build(|| 0);
        Self { model: Model::new(capacity, first), writer: Some(writer), ring, readers: Vec::new() }
    }

    pub(crate) fn apply(&mut self, op: Op) {
        match op {
            Op::Publish(how) => self.publish(how),
            Op::PublishAll(len) => self.publish_all(len),
            Op::Claim { how, len, then } => self.claim(how, len, then),
            Op::Subscribe => {
                let start = self.model.published;
                self.join(self.ring.subscribe().ok(), start);
            }
            Op::SubscribeFromOldest => {
                let start = self.model.oldest();
                self.join(self.ring.reader().from_oldest().subscribe().ok(), start);
            }
            Op::SubscribeFrom(offset) => self.join_at(offset),
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
    pub(crate) fn agree(&self) {
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
            assert_eq!(reader.is_empty(), modelled.unread.is_empty());
        }
    }

    pub(crate) fn publish(&mut self, how: Publish) {
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

    pub(crate) fn publish_all(&mut self, len: u64) {
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

    pub(crate) fn claim(&mut self, how: HowToClaim, len: usize, then: Then) {
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

    pub(crate) fn join(&mut self, reader: Option<Reader<u64>>, start: u64) {
        assert_eq!(reader.is_some(), self.readers.len() < MAX_READERS);
        if let Some(reader) = reader {
            self.readers.push(reader);
            self.model.readers.push(ModelReader::starting_at(start, self.model.published));
        }
    }

    /// Adds a reader that starts so far from the middle of what is retained.
    pub(crate) fn join_at(&mut self, offset: i64) {
        let (oldest, cursor) = (self.model.oldest(), self.model.published);
        let sequence = ((oldest + cursor) / 2).saturating_add_signed(offset);
        let joined = self.ring.reader().from(sequence).subscribe();
        match joined {
            Ok(reader) => {
                assert!((oldest..=cursor).contains(&sequence));
                self.join(Some(reader), sequence);
            }
            Err(SubscribeError::Full(_)) => assert_eq!(self.readers.len(), MAX_READERS),
            Err(SubscribeError::NotRetained(error)) => {
                assert!(!(oldest..=cursor).contains(&sequence));
                let told = [error.requested(), error.oldest(), error.cursor()];
                assert_eq!(told.map(Sequence::get), [sequence, oldest, cursor]);
                assert_eq!(self.ring.reader_count(), self.readers.len());
            }
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) fn recv(&mut self, reader: usize) {
        let Some(modelled) = self.model.readers.get_mut(reader) else { return };
        let reader = &mut self.readers[reader];
        let expected = modelled.look(self.model.closed).map(|()| modelled.unread[0].1);
        assert_eq!(reader.try_recv(), expected);
        if expected.is_ok() {
            modelled.commit(1);
        }
    }

    pub(crate) fn batch(&mut self, reader: usize, limit: usize, take: usize, then: Done) {
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
