//! A ring and its model side by side: which operation is whose, and whether the two agree.

use broadring::{Editor, Observer, Reader, Ring, Wait, Writer};

use crate::event::Event;
use crate::model::{Model, PLACES};
use crate::ops::Op;

/// The ring itself and the model, which must agree.
pub(crate) struct Pair {
    pub(crate) model: Model,
    pub(crate) writer: Option<Writer<Event>>,
    pub(crate) ring: Ring<Event>,
    pub(crate) readers: Vec<Reader<Event>>,
    pub(crate) observers: Vec<Observer<Event>>,
    /// Editors that have left are `None`.
    pub(crate) editors: Vec<Option<Editor<Event>>>,
}

impl Pair {
    pub(crate) fn new(capacity: usize, first: u64, editors: usize) -> Self {
        // There is no other thread, so whoever waits and finds nothing at once finds nothing later.
        let park = Wait::PARK.spins(0).yields(0);
        let builder = Ring::builder(capacity).max_readers(PLACES).first_sequence(first);
        let builder = builder.reader_wait(park).writer_wait(park);
        let event = || Event::new(0);
        let (writer, editors, ring) = match editors {
            0 => {
                let (writer, ring) = builder.build(event);
                (writer, Vec::new(), ring)
            }
            1 => {
                let (writer, editors, ring) = builder.build_with_editors(["first"], event);
                (writer, Vec::from(editors), ring)
            }
            _ => {
                let names = ["first", "second", "third"];
                let (writer, editors, ring) = builder.build_with_editors(names, event);
                (writer, Vec::from(editors), ring)
            }
        };
        let model = Model::new(capacity, first, editors.iter().map(|it| it.member().clone()));
        let editors = editors.into_iter().map(Some).collect();
        let (readers, observers) = (Vec::new(), Vec::new());
        Self { model, writer: Some(writer), ring, readers, observers, editors }
    }

    pub(crate) fn apply(&mut self, op: Op) {
        match op {
            Op::Publish { way, panics } => self.publish(way, panics),
            Op::PublishAll { len, mishap } => self.publish_all(len, mishap),
            Op::Claim { len, how, then } => self.claim(len, how, then),
            Op::Join { after, patience, oldest } => self.join(after, patience, oldest),
            Op::JoinAt { offset, forwards } => self.join_at(offset, forwards),
            Op::Clone(reader) => self.clone(reader),
            Op::Recv { reader, waits, panics } => self.recv(reader, waits, panics),
            Op::Batch { reader, limit, waits, then } => self.batch(reader, limit, waits, then),
            Op::Rejoin(reader) => self.rejoin(reader),
            Op::Leave(reader) => self.leave(reader),
            Op::Observe { oldest } => self.observe(oldest),
            Op::Look { observer, limit, then } => self.look(observer, limit, then),
            Op::Latest { observer, then } => self.latest(observer, then),
            Op::LookAway(observer) => self.look_away(observer),
            Op::Edit { editor, limit, waits, how } => self.edit(editor, limit, waits, how),
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
            assert_eq!(writer.remaining_capacity() as u64, model.room());
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
}
