//! What readers do, on the ring and on the model.

use std::mem;
use std::ops::ControlFlow;
use std::time::Duration;

use broadring::SubscribeError;

use crate::event::Event;
use crate::model::{ModelReader, Nothing, Place};
use crate::ops::{Count, Done, Patience, Which};
use crate::pair::Pair;
use crate::panics::{caught, drop_by_panic, on_purpose};

impl Pair {
    pub(crate) fn join(
        &mut self,
        after: [Option<Which>; 3],
        patience: Option<Patience>,
        oldest: bool,
    ) {
        let after = after.into_iter().flatten().filter_map(|which| which.of(&self.readers));
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

    pub(crate) fn join_at(&mut self, offset: Count, forwards: bool) {
        let (oldest, cursor) = (self.model.oldest(), self.model.cursor());
        let offset = offset.get() as u64;
        let sequence = match forwards {
            true => oldest.saturating_add(offset),
            false => oldest.saturating_sub(offset),
        };
        let joined = self.ring.reader().from(sequence).subscribe();
        // Whether there is a gate is asked first.
        let place = self.model.take(sequence);
        match (joined, place) {
            (Err(SubscribeError::Full(_)), None) => (),
            (Err(SubscribeError::NotRetained(error)), Some(place)) => {
                assert_eq!((error.oldest().get(), error.cursor().get()), (oldest, cursor));
                assert!(!(oldest..=cursor).contains(&sequence));
                self.model.places[place].open = true;
            }
            (Ok(reader), Some(place)) => {
                assert!((oldest..=cursor).contains(&sequence));
                self.model.readers.push(ModelReader {
                    member: reader.member().clone(),
                    place,
                    available: cursor,
                    seen: cursor,
                    held: false,
                    patience: None,
                    after: Vec::new(),
                    end: None,
                });
                self.readers.push(reader);
            }
            (joined, place) => panic!("{joined:?}, but the model has {place:?}"),
        }
    }

    pub(crate) fn clone(&mut self, which: Which) {
        let Some(index) = which.of(&self.readers) else { return };
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

    /// Reads a clone of the next event. A panic is one of the event's `clone`.
    pub(crate) fn recv(&mut self, which: Which, waits: bool, panics: bool) {
        let Some(index) = which.of(&self.readers) else { return };
        let filled = self.model.fill(index);
        let position = self.model.places[self.model.readers[index].place].position;
        if panics && filled.is_ok() {
            Event::fail_next_clone();
        }
        let reader = &mut self.readers[index];
        // A plain reader that waits may leave some of what there is for later, which the model does
        // not know. With a time limit it takes all.
        let has_terms = self.model.readers[index].has_terms();
        let received = caught(|| match (waits, &filled) {
            (false, _) => reader.try_recv().map_err(Nothing::from),
            (true, Ok(())) if has_terms => reader.recv().map_err(Nothing::from),
            (true, _) => reader.recv_timeout(Duration::ZERO).map_err(Nothing::from),
        });
        match (received, filled) {
            (Some(Ok(event)), Ok(())) => {
                assert_eq!(event.number(), self.model.event(position));
                self.model.commit(index, position + 1);
                self.model.release(index);
            }
            // The event is not read, and comes again.
            (None, Ok(())) => self.model.release(index),
            (Some(Err(error)), Err(nothing)) => assert_eq!(error, nothing),
            (read, filled) => panic!("{read:?}, but the model has {filled:?}"),
        }
    }

    pub(crate) fn batch(&mut self, which: Which, limit: Count, waits: bool, then: Done) {
        let Some(index) = which.of(&self.readers) else { return };
        let limit = limit.get();
        let filled = if limit > 0 { self.model.fill(index) } else { Ok(()) };
        let modelled = &self.model.readers[index];
        let start = self.model.places[modelled.place].position;
        let end = modelled.available.min(start.saturating_add(limit as u64));
        let reader = &mut self.readers[index];
        let read = match (waits, &filled) {
            (false, _) => reader.try_batch_up_to(limit).map_err(Nothing::from),
            // It would wait for ever.
            (true, Err(Nothing::Yet)) => {
                reader.batch_timeout_up_to(limit, Duration::ZERO).map_err(Nothing::from)
            }
            (true, _) => reader.wait_batch_up_to(limit).map_err(Nothing::from),
        };
        let mut batch = match (read, filled) {
            (Ok(batch), Ok(())) => batch,
            (Err(error), Err(nothing)) => return assert_eq!(error, nothing),
            (read, filled) => panic!("{read:?}, but the model has {filled:?}"),
        };
        assert_eq!((batch.sequences().start.get(), batch.sequences().end.get()), (start, end));
        assert!(batch.iter().all(|(at, event)| event.number() == self.model.event(at.get())));
        assert_eq!(batch.iter().len() as u64, end - start);
        let last = end.saturating_sub(1);
        let nth = |count: Count| start.saturating_add(count.get() as u64).min(last);
        let mut expected = start..end;
        let mut read = |event: &Event, sequence: u64| {
            assert_eq!(Some(sequence), expected.next());
            assert_eq!(event.number(), self.model.event(sequence));
        };
        let (committed, forgotten) = match then {
            Done::Drop => {
                drop(batch);
                (end, false)
            }
            Done::Panic => {
                drop_by_panic(batch);
                (end, false)
            }
            Done::Forget => {
                mem::forget(batch);
                (start, true)
            }
            Done::CommitAndForget(_) if start == end => {
                mem::forget(batch);
                (start, true)
            }
            Done::CommitAndForget(count) => {
                batch.commit_through(nth(count).into());
                mem::forget(batch);
                (nth(count) + 1, true)
            }
            Done::TakeAndForget(count) => {
                // What was taken before is committed every quarter of the ring.
                let mut committed = start;
                for _ in 0..count.get() {
                    let Some((sequence, event)) = batch.next_event() else { break };
                    read(event, sequence.get());
                    if sequence.get() - committed >= (self.model.capacity / 4).max(1) {
                        committed = sequence.get();
                    }
                }
                mem::forget(batch);
                (committed, true)
            }
            Done::ForEach => {
                batch.for_each(|event, sequence| read(event, sequence.get()));
                assert_eq!(expected.next(), None);
                (end, false)
            }
            Done::BreakAt(count) => {
                let broken = batch.try_for_each(|event, sequence| {
                    read(event, sequence.get());
                    match sequence.get() == nth(count) {
                        true => ControlFlow::Break(sequence.get()),
                        false => ControlFlow::Continue(()),
                    }
                });
                assert_eq!(broken.break_value(), (start < end).then_some(nth(count)));
                (end.min(nth(count) + 1).max(start), false)
            }
            Done::PanicAt(count) => {
                let finished = caught(|| {
                    batch.for_each(|event, sequence| {
                        read(event, sequence.get());
                        if sequence.get() == nth(count) {
                            on_purpose();
                        }
                    });
                });
                assert_eq!(finished.is_some(), start == end);
                (end.min(nth(count) + 1).max(start), false)
            }
        };
        self.model.commit(index, committed);
        if forgotten { self.model.forget(index) } else { self.model.release(index) }
    }

    pub(crate) fn rejoin(&mut self, which: Which) {
        let Some(index) = which.of(&self.readers) else { return };
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

    pub(crate) fn leave(&mut self, which: Which) {
        let Some(index) = which.of(&self.readers) else { return };
        drop(self.readers.swap_remove(index));
        let left = self.model.readers.swap_remove(index);
        self.model.places[left.place].open = true;
    }
}
