//! What observers do, on the ring and on the model.

use std::mem;

use proptest::sample::Index;

use crate::model::{ModelObserver, Nothing, Place, edited};
use crate::pair::{Pair, choose};

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

    pub(crate) fn look(&mut self, index: Index, limit: usize, forget: bool) {
        let Some(index) = choose(index, &self.observers) else { return };
        let editors = self.editors.len();
        let glimpse = self.observers[index].look_up_to(limit);
        let cursor = self.model.cursor();
        let place = self.model.observers[index].place;
        let position = self.model.places[place].position;
        if cursor == position {
            let nothing = self.model.ending(position).unwrap_or(Nothing::Yet);
            return assert_eq!(Nothing::from(glimpse.unwrap_err()), nothing);
        }
        let glimpse = glimpse.unwrap();
        let start = self.model.oldest().max(position);
        let end = cursor.min(start.saturating_add(limit as u64));
        assert_eq!(glimpse.missed(), start - position);
        assert_eq!((glimpse.sequences().start.get(), glimpse.sequences().end.get()), (start, end));
        assert!(glimpse.iter().all(|(at, &event)| event == edited(at.get(), editors)));
        self.model.places[place] = match forget {
            true => Place { position: start, open: false },
            false => Place { position: end, open: true },
        };
        if forget { mem::forget(glimpse) } else { drop(glimpse) }
    }

    pub(crate) fn latest(&mut self, index: Index, forget: bool) {
        let Some(index) = choose(index, &self.observers) else { return };
        let editors = self.editors.len();
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
        let (at, &last) = glimpse.first().unwrap();
        assert_eq!((glimpse.len(), at.get(), last), (1, start, edited(start, editors)));
        self.model.places[place] = match forget {
            true => Place { position: start, open: false },
            false => Place { position: cursor, open: true },
        };
        if forget { mem::forget(glimpse) } else { drop(glimpse) }
    }

    pub(crate) fn look_away(&mut self, index: Index) {
        let Some(index) = choose(index, &self.observers) else { return };
        drop(self.observers.swap_remove(index));
        self.model.observers.swap_remove(index);
    }
}
