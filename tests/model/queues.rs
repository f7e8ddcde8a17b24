//! The model: a queue of unread events for every reader, and how far the writer may write.

use std::collections::VecDeque;

use broadring::{End, TryReadError};

use crate::common::event;

/// A reader as the model has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelReader {
    pub(crate) position: u64,
    pub(crate) unread: VecDeque<(u64, u64)>,
    /// How many of the unread events the reader has learnt of. A batch holds no
    /// others until it has read these.
    pub(crate) known: usize,
}

impl ModelReader {
    pub(crate) fn starting_at(position: u64, published: u64) -> Self {
        let unread: VecDeque<_> = (position..published).map(|at| (at, event(at))).collect();
        Self { position, known: unread.len(), unread }
    }

    /// Learns of what there is, if nothing is known.
    pub(crate) fn look(&mut self, closed: bool) -> Result<(), TryReadError> {
        if self.known == 0 {
            self.known = self.unread.len();
        }
        match (self.known, closed) {
            (0, true) => Err(TryReadError::Ended(End::Closed)),
            (0, false) => Err(TryReadError::Empty),
            _ => Ok(()),
        }
    }

    pub(crate) fn commit(&mut self, events: usize) {
        self.unread.drain(..events);
        self.known -= events;
        self.position += events as u64;
    }
}

/// The ring as the model has it.
pub(crate) struct Model {
    pub(crate) capacity: usize,
    pub(crate) first: u64,
    pub(crate) published: u64,
    pub(crate) readers: Vec<ModelReader>,
    pub(crate) closed: bool,
    /// How far the writer may write without looking at the readers again, and up
    /// to where it has said that it might: what is older by a whole ring is not
    /// given to readers that join at the oldest event.
    pub(crate) limit: u64,
    pub(crate) frontier: u64,
}

impl Model {
    pub(crate) fn new(capacity: usize, first: u64) -> Self {
        Self {
            capacity,
            first,
            published: first,
            readers: Vec::new(),
            closed: false,
            limit: first,
            frontier: first,
        }
    }

    /// Where the oldest event is that is certainly still there.
    pub(crate) fn oldest(&self) -> u64 {
        self.frontier.saturating_sub(self.capacity as u64).max(self.first)
    }

    pub(crate) fn free(&self) -> usize {
        let longest = self.readers.iter().map(|reader| reader.unread.len()).max();
        self.capacity - longest.unwrap_or(0)
    }

    /// What the writer does to get that many slots.
    pub(crate) fn ask_for(&mut self, events: usize) {
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

    pub(crate) fn publish(&mut self, events: usize) {
        for _ in 0..events {
            for reader in &mut self.readers {
                reader.unread.push_back((self.published, event(self.published)));
            }
            self.published += 1;
        }
    }
}
