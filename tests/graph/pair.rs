//! A ring and its model side by side: what the writer does, and whether the two agree.

use broadring::{Editor, Observer, Reader, Ring, TryClaimError, Writer};
use proptest::sample::Index;

use crate::common::event;
use crate::model::{Model, ModelEditor, PLACES};
use crate::ops::Op;

/// Chooses one, if there is one.
pub(crate) fn choose<T>(index: Index, of: &[T]) -> Option<usize> {
    (!of.is_empty()).then(|| index.index(of.len()))
}

/// The ring itself and the model, which must agree.
pub(crate) struct Pair {
    pub(crate) model: Model,
    pub(crate) writer: Option<Writer<u64>>,
    pub(crate) ring: Ring<u64>,
    pub(crate) readers: Vec<Reader<u64>>,
    pub(crate) observers: Vec<Observer<u64>>,
    /// Readers that have left are `None`.
    pub(crate) editors: Vec<Option<Editor<u64>>>,
}

impl Pair {
    pub(crate) fn new(capacity: usize, first: u64, editors: usize) -> Self {
        let builder = Ring::builder(capacity).max_readers(PLACES).first_sequence(first);
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
            position: first,
            culprit: None,
        });
        let model = Model {
            capacity: capacity as u64,
            first,
            published: first,
            closed: false,
            limit: first,
            frontier: first,
            places: Vec::new(),
            readers: Vec::new(),
            observers: Vec::new(),
            editors: modelled.collect(),
        };
        let editors = editors.into_iter().map(Some).collect();
        let (readers, observers) = (Vec::new(), Vec::new());
        Self { model, writer: Some(writer), ring, readers, observers, editors }
    }

    pub(crate) fn apply(&mut self, op: Op) {
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
    pub(crate) fn agree(&self) {
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
            let has_events = modelled.available > position || model.look(modelled).is_ok();
            assert_eq!(reader.is_empty(), !has_events);
            for (other, _) in &modelled.after {
                // Who comes after others never sees what they have not committed.
                assert!(modelled.available <= model.places[*other].position.max(position));
            }
        }
        for (observer, modelled) in observers.iter().zip(&model.observers) {
            let position = model.places[modelled.place].position;
            assert_eq!((observer.position().get(), observer.lag()), (position, cursor - position));
            assert_eq!(observer.is_empty(), cursor == position);
        }
        let mut arrived = model.published;
        for (editor, modelled) in editors.iter().zip(&model.editors) {
            if let Some(editor) = editor {
                assert_eq!(editor.position().get(), modelled.position);
                assert_eq!(editor.lag(), arrived - modelled.position);
                assert_eq!(editor.is_empty(), arrived == modelled.position);
            }
            arrived = modelled.position;
        }
    }

    pub(crate) fn publish(&mut self) {
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

    pub(crate) fn claim(&mut self, len: usize) {
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
}
