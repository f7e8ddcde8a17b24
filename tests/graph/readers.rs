//! What readers do, on the ring and on the model.

use std::mem;
use std::time::Duration;

use proptest::sample::Index;

use crate::model::{ModelReader, Nothing, Place, edited};
use crate::ops::{Done, Patience};
use crate::pair::{Pair, choose};

impl Pair {
    pub(crate) fn join(&mut self, after: &[Index], patience: Option<Patience>, oldest: bool) {
        let after = after.iter().filter_map(|&index| choose(index, &self.readers));
        let after: Vec<_> = after.collect();
        let mut builder = self.ring.reader();
        for &other in &after {
            builder = builder.after(&self.readers[other]).unwrap();
        }
        builder = match patience {
            Some(Patience::Endless) => builder.evict_after(Duration::MAX),
            Some(Patience::None) => builder.evict_after(Duration::ZERO),
            None => builder,
        };
        builder = if oldest { builder.from_oldest() } else { builder.from_cursor() };
        let joined = builder.subscribe();

        let cursor = self.model.cursor();
        let start = if oldest { self.model.oldest() } else { cursor };
        let place = self.model.take(start);
        assert_eq!(joined.is_ok(), place.is_some());
        let (Ok(reader), Some(place)) = (joined, place) else { return };
        let after: Vec<_> = after
            .into_iter()
            .map(|other| {
                (self.model.readers[other].place, self.model.readers[other].member.clone())
            })
            .collect();
        let mut modelled = ModelReader {
            member: reader.member().clone(),
            place,
            available: cursor,
            seen: if after.is_empty() { cursor } else { start },
            held: false,
            patience,
            after,
            end: None,
        };
        if modelled.has_terms() {
            modelled.available = start;
        }
        self.readers.push(reader);
        self.model.readers.push(modelled);
    }

    pub(crate) fn clone(&mut self, index: Index) {
        let Some(index) = choose(index, &self.readers) else { return };
        let cloned = self.readers[index].try_clone();
        let original = &self.model.readers[index];
        let Place { position, open } = self.model.places[original.place];
        let mut modelled = ModelReader { held: false, ..original.clone() };
        if modelled.has_terms() {
            modelled.available = position;
        }
        modelled.seen = modelled.seen.max(original.available);
        let place = self.model.take(position);
        assert_eq!(cloned.is_ok(), place.is_some());
        let (Ok(clone), Some(place)) = (cloned, place) else { return };
        // Who clones one that was evicted, or has come to its end, gets another such.
        self.model.places[place].open = open;
        modelled.place = place;
        modelled.member = clone.member().clone();
        self.readers.push(clone);
        self.model.readers.push(modelled);
    }

    /// The event of a sequence, as readers see it.
    pub(crate) fn expected(&self, sequence: u64) -> u64 {
        edited(sequence, self.editors.len())
    }

    pub(crate) fn recv(&mut self, index: Index) {
        let Some(index) = choose(index, &self.readers) else { return };
        let received = self.readers[index].try_recv();
        let modelled = &self.model.readers[index];
        let position = self.model.places[modelled.place].position;
        let filled = self.model.fill(index);
        match filled {
            Ok(()) => {
                assert_eq!(received, Ok(self.expected(position)));
                self.model.commit(index, position + 1);
                self.model.release(index);
            }
            Err(nothing) => assert_eq!(Nothing::from(received.unwrap_err()), nothing),
        }
    }

    pub(crate) fn batch(&mut self, index: Index, limit: usize, then: Done) {
        let Some(index) = choose(index, &self.readers) else { return };
        let filled = if limit > 0 { self.model.fill(index) } else { Ok(()) };
        let modelled = &self.model.readers[index];
        let start = self.model.places[modelled.place].position;
        let end = modelled.available.min(start.saturating_add(limit as u64));
        let editors = self.editors.len();
        let mut batch = match (self.readers[index].try_batch_up_to(limit), filled) {
            (Ok(batch), Ok(())) => batch,
            (Err(error), Err(nothing)) => return assert_eq!(Nothing::from(error), nothing),
            (read, filled) => panic!("{read:?}, but the model has {filled:?}"),
        };
        assert_eq!((batch.sequences().start.get(), batch.sequences().end.get()), (start, end));
        assert!(batch.iter().all(|(at, &event)| event == edited(at.get(), editors)));
        assert_eq!(batch.iter().len() as u64, end - start);
        match then {
            Done::Drop => {
                drop(batch);
                self.model.commit(index, end);
                self.model.release(index);
            }
            Done::Forget => {
                mem::forget(batch);
                self.model.forget(index);
            }
            Done::CommitOneAndForget => {
                if let Some((first, _)) = batch.first() {
                    batch.commit_through(first);
                    self.model.commit(index, start + 1);
                }
                mem::forget(batch);
                self.model.forget(index);
            }
        }
    }

    pub(crate) fn rejoin(&mut self, index: Index) {
        let Some(index) = choose(index, &self.readers) else { return };
        let cursor = self.model.cursor();
        let modelled = &self.model.readers[index];
        let old = modelled.place;
        let Place { position, open } = self.model.places[old];
        let rejoined = self.readers[index].rejoin();
        // Its dependents must go on seeing where it was.
        let place = match open && self.model.is_kept(old) {
            true => self.model.take(cursor),
            false => Some(old),
        };
        assert_eq!(rejoined.ok(), place.map(|_| cursor - position));
        let Some(place) = place else { return };
        self.model.places[place] = Place { position: cursor, open: false };
        let modelled = &mut self.model.readers[index];
        modelled.place = place;
        modelled.available = cursor;
        modelled.held = false;
        modelled.end = None;
    }

    pub(crate) fn leave(&mut self, index: Index) {
        let Some(index) = choose(index, &self.readers) else { return };
        drop(self.readers.swap_remove(index));
        let left = self.model.readers.swap_remove(index);
        self.model.places[left.place].open = true;
    }
}
