//! Whatever one does to a ring with editors, with readers that come after others or may
//! be evicted, and with observers, in whatever order: it answers exactly as a model does
//! that is nothing but positions.

mod common;

use std::mem;
use std::time::Duration;

use broadring::{Editor, End, Member, Observer, Reader, Ring, TryClaimError, TryReadError, Writer};
use common::{cases, event, finite};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// How many readers and observers there can be.
const PLACES: usize = 6;

/// One thing to do. Handles are chosen by an index into those there are.
#[derive(Debug, Clone)]
enum Op {
    Publish,
    Claim(usize),
    Join { after: Vec<Index>, patience: Option<Patience>, oldest: bool },
    Clone(Index),
    Recv(Index),
    Batch { reader: Index, limit: usize, then: Done },
    Rejoin(Index),
    Leave(Index),
    Observe { oldest: bool },
    Look { observer: Index, limit: usize, forget: bool },
    Latest { observer: Index, forget: bool },
    LookAway(Index),
    Edit { editor: Index, limit: usize, how: Edit },
    Fire(Index),
    Close,
}

/// For how long a reader that may be evicted may hold the writer up: what lies in between
/// depends on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Endless,
    None,
}

/// What becomes of a batch.
#[derive(Debug, Clone, Copy)]
enum Done {
    Drop,
    Forget,
    CommitOneAndForget,
}

/// What an editor does with a batch.
#[derive(Debug, Clone, Copy)]
enum Edit {
    All,
    ForEach,
    Nothing,
}

fn an_op() -> impl Strategy<Value = Op> {
    let which = any::<Index>;
    let limit = || prop_oneof![0..4_usize, 0..40_usize, Just(usize::MAX)];
    let patience = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Patience::Endless)),
        2 => Just(Some(Patience::None))
    ];
    let done = prop_oneof![4 => Just(Done::Drop), 1 => Just(Done::Forget), 1 => Just(Done::CommitOneAndForget)];
    let edit =
        prop_oneof![3 => Just(Edit::All), 2 => Just(Edit::ForEach), 1 => Just(Edit::Nothing)];
    prop_oneof![
        14 => Just(Op::Publish),
        6 => (0..40_usize).prop_map(Op::Claim),
        6 => (vec(which(), 0..4), patience, any::<bool>())
            .prop_map(|(after, patience, oldest)| Op::Join { after, patience, oldest }),
        2 => which().prop_map(Op::Clone),
        8 => which().prop_map(Op::Recv),
        12 => (which(), limit(), done)
            .prop_map(|(reader, limit, then)| Op::Batch { reader, limit, then }),
        2 => which().prop_map(Op::Rejoin),
        3 => which().prop_map(Op::Leave),
        1 => any::<bool>().prop_map(|oldest| Op::Observe { oldest }),
        4 => (which(), limit(), proptest::bool::weighted(0.1))
            .prop_map(|(observer, limit, forget)| Op::Look { observer, limit, forget }),
        2 => (which(), proptest::bool::weighted(0.1))
            .prop_map(|(observer, forget)| Op::Latest { observer, forget }),
        1 => which().prop_map(Op::LookAway),
        16 => (which(), limit(), edit)
            .prop_map(|(editor, limit, how)| Op::Edit { editor, limit, how }),
        1 => proptest::option::weighted(0.2, which()).prop_map(|editor| {
            // Rarely, because it is the end of everything.
            editor.map_or(Op::Publish, Op::Fire)
        }),
        1 => proptest::bool::weighted(0.3).prop_map(|close| {
            if close { Op::Close } else { Op::Publish }
        }),
    ]
}

/// What an event looks like when so many editors are done with it.
fn edited(sequence: u64, editors: usize) -> u64 {
    (0..editors as u64)
        .fold(event(sequence), |event, editor| event.rotate_left(7).wrapping_add(editor + 1))
}

/// Why there is nothing to read, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Nothing {
    Yet,
    Closed,
    Left(Member, u64),
    Evicted { position: u64, missed: u64 },
}

impl From<TryReadError> for Nothing {
    fn from(error: TryReadError) -> Self {
        match error {
            TryReadError::Empty => Self::Yet,
            TryReadError::Ended(End::Closed) => Self::Closed,
            TryReadError::Ended(End::UpstreamLeft(left)) => {
                Self::Left(left.member().clone(), left.position().get())
            }
            TryReadError::Ended(End::Evicted(evicted)) => {
                Self::Evicted { position: evicted.position().get(), missed: evicted.missed() }
            }
            TryReadError::Ended(end) => panic!("an end that the model does not know: {end:?}"),
        }
    }
}

/// A place among those that the writer minds. It outlives its reader while others come
/// after it.
#[derive(Debug, Clone, Copy)]
struct Place {
    position: u64,
    open: bool,
}

/// A reader as the model has it.
#[derive(Debug, Clone)]
struct ModelReader {
    member: Member,
    place: usize,
    /// The end of what it takes before it looks again.
    available: u64,
    /// The end of what it has seen, of one that has terms: takes it without another look.
    seen: u64,
    /// Whether it has forgotten a batch, and must not be evicted therefore.
    held: bool,
    patience: Option<Patience>,
    after: Vec<(usize, Member)>,
    end: Option<Nothing>,
}

impl ModelReader {
    /// Whether it is anything but a reader that reads every event as it comes.
    fn has_terms(&self) -> bool {
        self.patience.is_some() || !self.after.is_empty()
    }
}

/// An observer as the model has it: its place, which is open between two looks.
#[derive(Debug, Clone)]
struct ModelObserver {
    place: usize,
}

/// An editor as the model has it.
#[derive(Debug, Clone)]
struct ModelEditor {
    member: Member,
    position: u64,
    /// Because of whom it passes nothing on any more.
    culprit: Option<usize>,
}

/// The ring as the model has it.
#[derive(Debug)]
struct Model {
    capacity: u64,
    published: u64,
    closed: bool,
    limit: u64,
    frontier: u64,
    places: Vec<Place>,
    readers: Vec<ModelReader>,
    observers: Vec<ModelObserver>,
    editors: Vec<ModelEditor>,
}

impl Model {
    /// What may be read.
    fn cursor(&self) -> u64 {
        self.editors.last().map_or(self.published, |editor| editor.position)
    }

    /// Where the oldest event is that is certainly still there.
    fn oldest(&self) -> u64 {
        self.frontier.saturating_sub(self.capacity)
    }

    /// Whether somebody has this place, or comes after who had it.
    fn is_taken(&self, place: usize) -> bool {
        self.readers.iter().any(|reader| reader.place == place)
            || self.observers.iter().any(|observer| observer.place == place)
            || self.is_kept(place)
    }

    fn is_kept(&self, place: usize) -> bool {
        self.readers.iter().any(|reader| reader.after.iter().any(|&(other, _)| other == place))
    }

    /// Takes a place, if one is free.
    fn take(&mut self, position: u64) -> Option<usize> {
        let taken = (0..self.places.len()).filter(|&place| self.is_taken(place)).count();
        (taken < PLACES).then(|| {
            self.places.push(Place { position, open: false });
            self.places.len() - 1
        })
    }

    /// The positions that hold the writer back.
    fn closed_places(&self) -> impl Iterator<Item = (usize, u64)> {
        let places = self.places.iter().enumerate();
        places
            .filter(|&(index, place)| !place.open && self.is_taken(index))
            .map(|(index, place)| (index, place.position))
    }

    fn smallest(&self) -> u64 {
        self.closed_places().map(|(_, position)| position).min().unwrap_or(u64::MAX)
    }

    /// Whether the writer may evict who has this place, at once.
    fn is_evictable(&self, place: usize) -> bool {
        self.readers.iter().any(|reader| {
            reader.place == place && reader.patience == Some(Patience::None) && !reader.held
        })
    }

    /// Those of these places whose readers are not there because they come after another.
    /// One that has come back elsewhere is not who it was for those who came after it.
    fn culprits(&self, holders: &[usize]) -> Vec<usize> {
        let waits = |place| {
            let reader = self.readers.iter().find(|reader| reader.place == place);
            reader.is_some_and(|it| it.after.iter().any(|(other, _)| holders.contains(other)))
        };
        holders.iter().copied().filter(|&place| !waits(place)).collect()
    }

    /// What the writer does to get that many slots; and whether it gets them.
    fn ask_for(&mut self, events: u64) -> bool {
        let end = self.published + events;
        while events > 0 && end > self.limit {
            if end > self.frontier {
                let reach = self.cursor() + self.capacity;
                let announced = self.published + events.max(self.capacity / 2);
                self.frontier = self.frontier.max(announced.min(reach));
            }
            let smallest = self.smallest();
            self.limit = self.frontier.min(smallest.saturating_add(self.capacity));
            if end <= self.limit {
                break;
            }
            let holders: Vec<_> = self
                .closed_places()
                .filter(|&(_, position)| position == smallest)
                .map(|(place, _)| place)
                .collect();
            let culprits = self.culprits(&holders);
            let evicts =
                smallest < self.cursor() && culprits.iter().all(|&place| self.is_evictable(place));
            if !evicts {
                return false;
            }
            for place in culprits {
                self.places[place].open = true;
            }
        }
        true
    }

    /// The editor without which nothing more will be read.
    fn broken(&self) -> Option<&Member> {
        let culprit = self.editors.iter().find_map(|editor| editor.culprit)?;
        Some(&self.editors[culprit].member)
    }

    /// Why nobody who has read everything gets more, who is at this position.
    fn ending(&self, position: u64) -> Option<Nothing> {
        self.ending_behind(self.editors.len(), position)
    }

    /// The same for one who comes after so many editors.
    fn ending_behind(&self, editors: usize, position: u64) -> Option<Nothing> {
        let before = self.editors[..editors].last();
        if before.map_or(self.published, |editor| editor.position) > position {
            return None;
        }
        if self.closed && self.published == position {
            return Some(Nothing::Closed);
        }
        let culprit = before?.culprit?;
        Some(Nothing::Left(self.editors[culprit].member.clone(), position))
    }

    /// What a reader finds that has read what it knew of.
    fn look(&self, reader: &ModelReader) -> Result<u64, Nothing> {
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
    fn fill(&mut self, index: usize) -> Result<(), Nothing> {
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

    fn commit(&mut self, index: usize, position: u64) {
        let place = self.readers[index].place;
        self.places[place].position = position;
    }

    /// Looks anew, where a batch was forgotten that must be released.
    fn forget(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        if reader.held {
            reader.available = self.places[reader.place].position;
        }
    }

    /// Ends what a batch has begun.
    fn release(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        if mem::take(&mut reader.held) {
            reader.available = self.places[reader.place].position;
        }
    }
}

/// Chooses one, if there is one.
fn choose<T>(index: Index, of: &[T]) -> Option<usize> {
    (!of.is_empty()).then(|| index.index(of.len()))
}

/// The ring itself and the model, which must agree.
struct Pair {
    model: Model,
    writer: Option<Writer<u64>>,
    ring: Ring<u64>,
    readers: Vec<Reader<u64>>,
    observers: Vec<Observer<u64>>,
    /// Those who have left are `None`.
    editors: Vec<Option<Editor<u64>>>,
}

impl Pair {
    fn new(capacity: usize, editors: usize) -> Self {
        let builder = Ring::builder(capacity).max_readers(PLACES);
        let (writer, editors, ring) = match editors {
            0 => {
                let (writer, ring) = builder.build(|| 0);
                (writer, Vec::new(), ring)
            }
            1 => {
                let (writer, editors, ring) = builder.build_with_editors(["first"], || 0);
                (writer, Vec::from(editors), ring)
            }
            _ => {
                let names = ["first", "second", "third"];
                let (writer, editors, ring) = builder.build_with_editors(names, || 0);
                (writer, Vec::from(editors), ring)
            }
        };
        let modelled = editors.iter().map(|editor| ModelEditor {
            member: editor.member().clone(),
            position: 0,
            culprit: None,
        });
        let model = Model {
            capacity: capacity as u64,
            published: 0,
            closed: false,
            limit: 0,
            frontier: 0,
            places: Vec::new(),
            readers: Vec::new(),
            observers: Vec::new(),
            editors: modelled.collect(),
        };
        let editors = editors.into_iter().map(Some).collect();
        let (readers, observers) = (Vec::new(), Vec::new());
        Self { model, writer: Some(writer), ring, readers, observers, editors }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Publish => self.publish(),
            Op::Claim(len) => self.claim(len),
            Op::Join { after, patience, oldest } => self.join(&after, patience, oldest),
            Op::Clone(reader) => self.clone(reader),
            Op::Recv(reader) => self.recv(reader),
            Op::Batch { reader, limit, then } => self.batch(reader, limit, then),
            Op::Rejoin(reader) => self.rejoin(reader),
            Op::Leave(reader) => self.leave(reader),
            Op::Observe { oldest } => self.observe(oldest),
            Op::Look { observer, limit, forget } => self.look(observer, limit, forget),
            Op::Latest { observer, forget } => self.latest(observer, forget),
            Op::LookAway(observer) => self.look_away(observer),
            Op::Edit { editor, limit, how } => self.edit(editor, limit, how),
            Op::Fire(editor) => self.fire(editor),
            Op::Close => {
                self.writer = None;
                self.model.closed = true;
            }
        }
        self.agree();
    }

    /// Everything that can be asked without changing anything.
    fn agree(&self) {
        let Self { model, writer, ring, readers, observers, editors } = self;
        let cursor = model.cursor();
        assert_eq!(ring.cursor().get(), cursor);
        assert_eq!(ring.is_closed(), model.closed);
        assert_eq!(ring.reader_count(), readers.len());
        if let Some(writer) = writer {
            assert_eq!(writer.cursor().get(), model.published);
            let end = model.smallest().min(cursor) + model.capacity;
            assert_eq!(writer.remaining_capacity() as u64, end - model.published);
            assert_eq!(writer.has_readers(), model.closed_places().count() > 0);
        }
        for (reader, modelled) in readers.iter().zip(&model.readers) {
            let position = model.places[modelled.place].position;
            assert_eq!(reader.position().get(), position);
            assert_eq!(reader.lag(), cursor - position);
            assert_eq!(reader.member(), &modelled.member);
            for (other, _) in &modelled.after {
                // Who comes after others never sees what they have not committed.
                assert!(modelled.available <= model.places[*other].position.max(position));
            }
        }
        for (observer, modelled) in observers.iter().zip(&model.observers) {
            let position = model.places[modelled.place].position;
            assert_eq!((observer.position().get(), observer.lag()), (position, cursor - position));
        }
        let mut arrived = model.published;
        for (editor, modelled) in editors.iter().zip(&model.editors) {
            if let Some(editor) = editor {
                assert_eq!(editor.position().get(), modelled.position);
                assert_eq!(editor.lag(), arrived - modelled.position);
            }
            arrived = modelled.position;
        }
    }

    fn publish(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        let next = self.model.published;
        let published = writer.try_publish(event(next));
        if self.model.ask_for(1) {
            assert_eq!(published.map(u64::from), Ok(next));
            self.model.published += 1;
        } else {
            let refused = published.unwrap_err();
            assert_eq!(refused.editor_left(), self.model.broken());
            assert_eq!(refused.into_inner(), event(next));
        }
    }

    fn claim(&mut self, len: usize) {
        let Some(writer) = &mut self.writer else { return };
        let next = self.model.published;
        if len as u64 > self.model.capacity {
            assert!(writer.try_claim(len).unwrap_err().is_too_large());
        } else if self.model.ask_for(len as u64) {
            let mut claim = writer.try_claim(len).unwrap();
            claim.iter_mut().zip(next..).for_each(|(slot, sequence)| *slot = event(sequence));
            assert_eq!(claim.publish().end.get(), next + len as u64);
            self.model.published += len as u64;
        } else {
            match (writer.try_claim(len).unwrap_err(), self.model.broken()) {
                (TryClaimError::Full, None) => (),
                (TryClaimError::EditorLeft(editor), broken) => assert_eq!(Some(&editor), broken),
                other => panic!("{other:?}"),
            }
        }
    }

    fn join(&mut self, after: &[Index], patience: Option<Patience>, oldest: bool) {
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

    fn clone(&mut self, index: Index) {
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
    fn expected(&self, sequence: u64) -> u64 {
        edited(sequence, self.editors.len())
    }

    fn recv(&mut self, index: Index) {
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

    fn batch(&mut self, index: Index, limit: usize, then: Done) {
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

    fn rejoin(&mut self, index: Index) {
        let Some(index) = choose(index, &self.readers) else { return };
        let cursor = self.model.cursor();
        let modelled = &self.model.readers[index];
        let old = modelled.place;
        let Place { position, open } = self.model.places[old];
        let rejoined = self.readers[index].rejoin();
        // Those who come after it must go on seeing where it was.
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

    fn leave(&mut self, index: Index) {
        let Some(index) = choose(index, &self.readers) else { return };
        drop(self.readers.swap_remove(index));
        let left = self.model.readers.swap_remove(index);
        self.model.places[left.place].open = true;
    }

    fn observe(&mut self, oldest: bool) {
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

    fn look(&mut self, index: Index, limit: usize, forget: bool) {
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

    fn latest(&mut self, index: Index, forget: bool) {
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

    fn look_away(&mut self, index: Index) {
        let Some(index) = choose(index, &self.observers) else { return };
        drop(self.observers.swap_remove(index));
        self.model.observers.swap_remove(index);
    }

    fn edit(&mut self, index: Index, limit: usize, how: Edit) {
        let Some(index) = choose(index, &self.editors) else { return };
        let Some(editor) = &mut self.editors[index] else { return };
        let before = index.checked_sub(1).map(|before| &self.model.editors[before]);
        let arrived = before.map_or(self.model.published, |editor| editor.position);
        let start = self.model.editors[index].position;
        if arrived == start {
            let nothing = self.model.ending_behind(index, start).unwrap_or(Nothing::Yet);
            if let Nothing::Left(..) = nothing {
                self.model.editors[index].culprit = before.and_then(|before| before.culprit);
            }
            let error = editor.try_batch_up_to(limit).map(drop).unwrap_err();
            return assert_eq!(Nothing::from(error), nothing);
        }
        let mut batch = editor.try_batch_up_to(limit).unwrap();
        let end = arrived.min(start.saturating_add(limit as u64));
        assert_eq!((batch.sequences().start.get(), batch.sequences().end.get()), (start, end));
        let edit = |event: &mut u64, sequence| {
            assert_eq!(*event, edited(sequence, index));
            *event = edited(sequence, index + 1);
        };
        match how {
            Edit::All => {
                let mut expected = start..end;
                for (sequence, event) in &mut batch {
                    assert_eq!(Some(sequence.get()), expected.next());
                    edit(event, sequence.get());
                }
                assert_eq!(expected.next(), None);
            }
            Edit::ForEach => {
                let mut expected = start..end;
                batch.for_each(|event, sequence| {
                    assert_eq!(Some(sequence.get()), expected.next());
                    edit(event, sequence.get());
                });
                assert_eq!(expected.next(), None);
            }
            Edit::Nothing => return mem::forget(batch),
        }
        self.model.editors[index].position = end;
    }

    fn fire(&mut self, index: Index) {
        let Some(index) = choose(index, &self.editors) else { return };
        if self.editors[index].take().is_none() {
            return;
        }
        let position = self.model.editors[index].position;
        let culprit = match self.model.ending_behind(index, position) {
            Some(Nothing::Closed) => return,
            Some(_) => self.model.editors[index - 1].culprit.unwrap(),
            None => index,
        };
        self.model.editors[index].culprit = Some(culprit);
    }
}

#[test]
fn a_ring_with_everything_in_it_answers_as_the_model_does() {
    finite(|| {
        let capacity = (0..6_u32).prop_map(|power| 1 << power);
        let editors = prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(3_usize)];
        proptest!(cases(384), |(capacity in capacity, editors in editors, ops in vec(an_op(), 1..200))| {
            let mut pair = Pair::new(capacity, editors);
            for op in ops {
                pair.apply(op);
            }
        });
    });
}
