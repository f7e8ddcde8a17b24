//! What observers do, on the ring and on the model.

use std::mem;

use broadring::Glimpse;

use crate::event::Event;
use crate::model::{ModelObserver, Nothing, Place};
use crate::ops::{Count, Seen, Which};
use crate::pair::Pair;
use crate::panics::drop_by_panic;

impl Pair {
    pub(crate) fn observe(&mut self, oldest: bool) {
        let builder = self.ring.reader();
        let builder = if oldest { builder.from_oldest() } else { builder };
        let observer = builder.observe();
        let start = if oldest { self.model.oldest() } else { self.model.cursor() };
        let place = self.model.take(start);
        assert_eq!(observer.is_ok(), place.is_some());
        if let (Ok(observer), Some(place)) = (observer, place) {
            self.model.places[place].open = true;
            self.observers.push(observer);
            self.model.observers.push(ModelObserver { place });
        }
    }

    pub(crate) fn look(&mut self, which: Which, limit: Count, then: Seen) {
        let Some(index) = which.of(&self.observers) else { return };
        let glimpse = self.observers[index].look_up_to(limit.get());
        let cursor = self.model.cursor();
        let place = self.model.observers[index].place;
        let position = self.model.places[place].position;
        if cursor == position {
            let nothing = self.model.ending(position).unwrap_or(Nothing::Yet);
            return assert_eq!(Nothing::from(glimpse.unwrap_err()), nothing);
        }
        let glimpse = glimpse.unwrap();
        let start = self.model.oldest().max(position);
        let end = cursor.min(start.saturating_add(limit.get() as u64));
        assert_eq!(glimpse.missed(), start - position);
        assert_eq!((glimpse.sequences().start.get(), glimpse.sequences().end.get()), (start, end));
        assert!(glimpse.iter().all(|(at, event)| event.number() == self.model.event(at.get())));
        self.model.places[place] = end_look(glimpse, then, start, end);
    }

    pub(crate) fn latest(&mut self, which: Which, then: Seen) {
        let Some(index) = which.of(&self.observers) else { return };
        let glimpse = self.observers[index].latest();
        let cursor = self.model.cursor();
        let place = self.model.observers[index].place;
        let position = self.model.places[place].position;
        let start = self.model.oldest().max(cursor.saturating_sub(1));
        if start == cursor {
            assert!(glimpse.is_none());
            self.model.places[place].open = true;
            return;
        }
        let glimpse = glimpse.unwrap();
        assert_eq!(glimpse.missed(), start.saturating_sub(position));
        let (at, last) = glimpse.first().unwrap();
        let expected = (1, start, self.model.event(start));
        assert_eq!((glimpse.len(), at.get(), last.number()), expected);
        self.model.places[place] = end_look(glimpse, then, start, cursor);
    }

    pub(crate) fn look_away(&mut self, which: Which) {
        let Some(index) = which.of(&self.observers) else { return };
        drop(self.observers.swap_remove(index));
        self.model.observers.swap_remove(index);
    }
}

/// Ends a look from `start` to `end`, or forgets to, and returns where the observer is then.
fn end_look(glimpse: Glimpse<'_, Event>, then: Seen, start: u64, end: u64) -> Place {
    match then {
        Seen::Drop => drop(glimpse),
        Seen::Panic => drop_by_panic(glimpse),
        Seen::Forget => {
            mem::forget(glimpse);
            return Place { position: start, open: false };
        }
    }
    Place { position: end, open: true }
}
