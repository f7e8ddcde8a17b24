//! The model: positions of the writer, the editors and everyone with a gate, the events, and what
//! follows from them.

use std::mem;

use broadring::{End, Member, ReadTimeoutError, TryReadError};

use crate::ops::Patience;

/// How many readers and observers there can be.
pub(crate) const PLACES: usize = 6;

/// What the editor with this index makes of an event.
pub(crate) fn edited(number: u64, editor: usize) -> u64 {
    number.rotate_left(7).wrapping_add(editor as u64 + 1)
}

/// Why there is nothing to read, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Nothing {
    Yet,
    Closed,
    Left(Member, u64),
    Evicted { position: u64, missed: u64 },
}

impl From<End> for Nothing {
    fn from(end: End) -> Self {
        match end {
            End::Closed => Self::Closed,
            End::UpstreamLeft(left) => Self::Left(left.member().clone(), left.position().get()),
            End::Evicted(evicted) => {
                Self::Evicted { position: evicted.position().get(), missed: evicted.missed() }
            }
            end => panic!("an end that the model does not know: {end:?}"),
        }
    }
}

impl From<TryReadError> for Nothing {
    fn from(error: TryReadError) -> Self {
        match error {
            TryReadError::Empty => Self::Yet,
            TryReadError::Ended(end) => end.into(),
        }
    }
}

impl From<ReadTimeoutError> for Nothing {
    fn from(error: ReadTimeoutError) -> Self {
        match error {
            ReadTimeoutError::Timeout => Self::Yet,
            ReadTimeoutError::Ended(end) => end.into(),
        }
    }
}

/// A place among those that the writer minds. It outlives its reader while others come
/// after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) position: u64,
    pub(crate) open: bool,
}

/// A reader as the model has it.
#[derive(Debug, Clone)]
pub(crate) struct ModelReader {
    pub(crate) member: Member,
    pub(crate) place: usize,
    /// The end of what it takes before it looks again.
    pub(crate) available: u64,
    /// The end of what it has seen, of one that has terms: takes it without another look.
    pub(crate) seen: u64,
    /// Whether it has forgotten a batch, and must not be evicted therefore.
    pub(crate) held: bool,
    pub(crate) patience: Option<Patience>,
    pub(crate) after: Vec<(usize, Member)>,
    pub(crate) end: Option<Nothing>,
}

impl ModelReader {
    /// Whether it is anything but a reader that reads every event as it comes.
    pub(crate) fn has_terms(&self) -> bool {
        self.patience.is_some() || !self.after.is_empty()
    }
}

/// An observer as the model has it: its place, which is open between two looks.
#[derive(Debug, Clone)]
pub(crate) struct ModelObserver {
    pub(crate) place: usize,
}

/// An editor as the model has it.
#[derive(Debug, Clone)]
pub(crate) struct ModelEditor {
    pub(crate) member: Member,
    pub(crate) position: u64,
    /// Because of whom it passes nothing on any more.
    pub(crate) culprit: Option<usize>,
}

/// The ring as the model has it.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) capacity: u64,
    pub(crate) first: u64,
    pub(crate) published: u64,
    pub(crate) closed: bool,
    pub(crate) limit: u64,
    pub(crate) frontier: u64,
    pub(crate) places: Vec<Place>,
    pub(crate) readers: Vec<ModelReader>,
    pub(crate) observers: Vec<ModelObserver>,
    pub(crate) editors: Vec<ModelEditor>,
    /// What was last written under each sequence from the first on, published or not.
    written: Vec<u64>,
    /// How many events were made, each of them another number.
    numbers: u64,
}

impl Model {
    /// The model of a ring of 0s that has just been built.
    pub(crate) fn new(capacity: usize, first: u64, editors: impl Iterator<Item = Member>) -> Self {
        let editors = editors.map(|member| ModelEditor { member, position: first, culprit: None });
        Self {
            capacity: capacity as u64,
            first,
            published: first,
            closed: false,
            limit: first,
            frontier: first,
            places: Vec::new(),
            readers: Vec::new(),
            observers: Vec::new(),
            editors: editors.collect(),
            written: Vec::new(),
            numbers: 0,
        }
    }

    /// A number that no event has had before.
    pub(crate) fn new_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// What the slot of a sequence holds before it is written: what was left there when it was
    /// claimed in vain, or a lap ago.
    pub(crate) fn held(&self, sequence: u64) -> u64 {
        let index = self.index(sequence);
        let a_lap_ago = || index.checked_sub(self.capacity as usize);
        let left = self.written.get(index).copied();
        left.or_else(|| a_lap_ago().map(|before| self.written[before])).unwrap_or(0)
    }

    /// Writes a new number under a sequence that is not yet published, and returns it.
    pub(crate) fn write_new(&mut self, sequence: u64) -> u64 {
        let number = self.new_number();
        let index = self.index(sequence);
        match self.written.get_mut(index) {
            Some(written) => *written = number,
            None => self.written.push(number),
        }
        number
    }

    /// The event of a sequence as it is now.
    pub(crate) fn event(&self, sequence: u64) -> u64 {
        self.written[self.index(sequence)]
    }

    /// Changes the event of a sequence.
    pub(crate) fn change(&mut self, sequence: u64, change: impl FnOnce(u64) -> u64) {
        let index = self.index(sequence);
        self.written[index] = change(self.written[index]);
    }

    fn index(&self, sequence: u64) -> usize {
        (sequence - self.first) as usize
    }

    /// What may be read.
    pub(crate) fn cursor(&self) -> u64 {
        self.editors.last().map_or(self.published, |editor| editor.position)
    }

    /// Where the oldest event is that is certainly still there.
    pub(crate) fn oldest(&self) -> u64 {
        self.frontier.saturating_sub(self.capacity).max(self.first)
    }

    /// Whether this gate is taken, or retained by dependents.
    pub(crate) fn is_taken(&self, place: usize) -> bool {
        self.readers.iter().any(|reader| reader.place == place)
            || self.observers.iter().any(|observer| observer.place == place)
            || self.is_kept(place)
    }

    pub(crate) fn is_kept(&self, place: usize) -> bool {
        self.readers.iter().any(|reader| reader.after.iter().any(|&(other, _)| other == place))
    }

    /// Takes a place, if one is free.
    pub(crate) fn take(&mut self, position: u64) -> Option<usize> {
        let taken = (0..self.places.len()).filter(|&place| self.is_taken(place)).count();
        (taken < PLACES).then(|| {
            self.places.push(Place { position, open: false });
            self.places.len() - 1
        })
    }

    /// The positions that hold the writer back.
    pub(crate) fn closed_places(&self) -> impl Iterator<Item = (usize, u64)> {
        let places = self.places.iter().enumerate();
        places
            .filter(|&(index, place)| !place.open && self.is_taken(index))
            .map(|(index, place)| (index, place.position))
    }

    pub(crate) fn smallest(&self) -> u64 {
        self.closed_places().map(|(_, position)| position).min().unwrap_or(u64::MAX)
    }

    /// Whether the writer may evict who has this place, at once.
    pub(crate) fn is_evictable(&self, place: usize) -> bool {
        self.readers.iter().any(|reader| {
            reader.place == place && reader.patience == Some(Patience::None) && !reader.held
        })
    }

    /// Those of these places whose readers are not there because they come after another.
    /// A reader that has rejoined with another gate is no longer the upstream of its former
    /// dependents.
    pub(crate) fn gating(&self, holders: &[usize]) -> Vec<usize> {
        let waits = |place| {
            let reader = self.readers.iter().find(|reader| reader.place == place);
            reader.is_some_and(|it| it.after.iter().any(|(other, _)| holders.contains(other)))
        };
        holders.iter().copied().filter(|&place| !waits(place)).collect()
    }

    /// How many events can be published before the ring is full.
    pub(crate) fn room(&self) -> u64 {
        self.smallest().min(self.cursor()) + self.capacity - self.published
    }

    /// Whether that many slots are known to be free.
    fn covers(&self, events: u64) -> bool {
        events == 0 || self.published + events <= self.limit
    }

    /// What the writer does to get that many slots; and whether it gets them.
    pub(crate) fn ask_for(&mut self, events: u64) -> bool {
        self.ask(events, events)
    }

    /// What the writer does to get at least one slot, if it wants any, and at most so many; and how
    /// many it gets.
    pub(crate) fn ask_up_to(&mut self, events: u64) -> u64 {
        self.ask(events.min(1), events);
        self.limit.saturating_sub(self.published).min(events)
    }

    fn ask(&mut self, needed: u64, wanted: u64) -> bool {
        if self.covers(wanted) {
            return true;
        }
        loop {
            if self.published + wanted > self.frontier {
                let reach = self.cursor() + self.capacity;
                let announced = self.published + wanted.max(self.capacity / 2);
                self.frontier = self.frontier.max(announced.min(reach));
            }
            let smallest = self.smallest();
            self.limit = self.frontier.min(smallest.saturating_add(self.capacity));
            if self.covers(needed) {
                return true;
            }
            let holders: Vec<_> = self
                .closed_places()
                .filter(|&(_, position)| position == smallest)
                .map(|(place, _)| place)
                .collect();
            let gating = self.gating(&holders);
            let evicts =
                smallest < self.cursor() && gating.iter().all(|&place| self.is_evictable(place));
            if !evicts {
                self.limit = self.limit.min(self.published);
                return false;
            }
            for place in gating {
                self.places[place].open = true;
            }
        }
    }

    /// The editor without which nothing more will be read.
    pub(crate) fn broken(&self) -> Option<&Member> {
        let culprit = self.editors.iter().find_map(|editor| editor.culprit)?;
        Some(&self.editors[culprit].member)
    }

    /// Why nobody who has read everything gets more, who is at this position.
    pub(crate) fn ending(&self, position: u64) -> Option<Nothing> {
        self.ending_behind(self.editors.len(), position)
    }

    /// The same for one who comes after so many editors.
    pub(crate) fn ending_behind(&self, editors: usize, position: u64) -> Option<Nothing> {
        let before = self.editors[..editors].last();
        if before.map_or(self.published, |editor| editor.position) > position {
            return None;
        }
        if let Some(culprit) = before.and_then(|editor| editor.culprit) {
            return Some(Nothing::Left(self.editors[culprit].member.clone(), position));
        }
        (self.closed && self.published == position).then_some(Nothing::Closed)
    }

    /// What a reader finds that has read what it knew of.
    pub(crate) fn look(&self, reader: &ModelReader) -> Result<u64, Nothing> {
        let position = self.places[reader.place].position;
        if let Some(end) = &reader.end {
            return Err(end.clone());
        }
        if reader.patience.is_some() && self.places[reader.place].open {
            return Err(Nothing::Evicted { position, missed: self.cursor() - position });
        }
        if reader.has_terms() && reader.seen > position {
            return Ok(reader.seen);
        }
        let others = reader.after.iter().map(|(place, member)| (self.places[*place], member));
        let reach = if reader.after.is_empty() {
            self.cursor()
        } else {
            others.clone().map(|(place, _)| place.position).min().unwrap()
        };
        if reach > position {
            return Ok(reach);
        }
        if let Some(end) = self.ending(position) {
            return Err(end);
        }
        // If there are several, it is the last one that is named.
        let mut stopped = others.filter(|(place, _)| place.open && place.position <= position);
        let stopped = stopped.next_back();
        Err(stopped
            .map_or(Nothing::Yet, |(place, member)| Nothing::Left(member.clone(), place.position)))
    }

    /// Sees whether there is something to read.
    pub(crate) fn fill(&mut self, index: usize) -> Result<(), Nothing> {
        let reader = &self.readers[index];
        if reader.available > self.places[reader.place].position {
            return Ok(());
        }
        let seen = self.look(reader);
        let reader = &mut self.readers[index];
        match seen {
            Ok(end) => {
                reader.available = end;
                reader.seen = end;
                reader.held = reader.patience.is_some();
                Ok(())
            }
            Err(nothing) => {
                if let Nothing::Left(..) = nothing
                    && reader.has_terms()
                {
                    reader.end = Some(nothing.clone());
                    reader.held = false;
                    self.places[reader.place].open = true;
                }
                Err(nothing)
            }
        }
    }

    pub(crate) fn commit(&mut self, index: usize, position: u64) {
        let place = self.readers[index].place;
        self.places[place].position = position;
    }

    /// Looks anew, where a batch was forgotten that must be released.
    pub(crate) fn forget(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        if reader.held {
            reader.available = self.places[reader.place].position;
        }
    }

    /// Ends what a batch has begun.
    pub(crate) fn release(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        if mem::take(&mut reader.held) {
            reader.available = self.places[reader.place].position;
        }
    }
}
