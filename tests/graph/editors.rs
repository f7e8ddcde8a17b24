//! What editors do, on the ring and on the model.

use std::mem;
use std::time::Duration;

use crate::event::Event;
use crate::model::{Nothing, edited};
use crate::ops::{Count, Edit, Which};
use crate::pair::Pair;
use crate::panics::{caught, drop_by_panic, on_purpose};

impl Pair {
    pub(crate) fn edit(&mut self, which: Which, limit: Count, waits: bool, how: Edit) {
        let Some(index) = which.of(&self.editors) else { return };
        let Some(editor) = &mut self.editors[index] else { return };
        let limit = limit.get();
        let before = index.checked_sub(1).map(|before| &self.model.editors[before]);
        let arrived = before.map_or(self.model.published, |editor| editor.position);
        let start = self.model.editors[index].position;
        if arrived == start {
            let nothing = self.model.ending_behind(index, start).unwrap_or(Nothing::Yet);
            if let Nothing::Left(..) = nothing {
                self.model.editors[index].culprit = before.and_then(|before| before.culprit);
            }
            let found = match (waits, &nothing) {
                (false, _) => editor.try_batch_up_to(limit).map(drop).map_err(Nothing::from),
                // It would wait for ever.
                (true, Nothing::Yet) => {
                    editor.batch_timeout(Duration::ZERO).map(drop).map_err(Nothing::from)
                }
                (true, _) => editor.wait_batch_up_to(limit).map(drop).map_err(Nothing::from),
            };
            return assert_eq!(found, Err(nothing));
        }
        let mut batch = match waits {
            true => editor.wait_batch_up_to(limit).unwrap(),
            false => editor.try_batch_up_to(limit).unwrap(),
        };
        let end = arrived.min(start.saturating_add(limit as u64));
        assert_eq!((batch.sequences().start.get(), batch.sequences().end.get()), (start, end));
        let model = &mut self.model;
        let mut expected = start..end;
        let mut edit = |event: &mut Event, sequence: u64| {
            assert_eq!(Some(sequence), expected.next());
            assert_eq!(event.number(), model.event(sequence));
            model.change(sequence, |number| edited(number, index));
            event.set(model.event(sequence));
        };
        let edit_first = match how {
            Edit::All => usize::MAX,
            Edit::ForgetAfter(first) | Edit::PanicAfter(first) => first.get(),
            Edit::ForEach | Edit::Nothing | Edit::PanicAt(_) => 0,
        };
        for (sequence, event) in batch.iter_mut().take(edit_first) {
            edit(event, sequence.get());
        }
        let position = match how {
            Edit::All | Edit::Nothing => {
                drop(batch);
                end
            }
            Edit::ForEach => {
                batch.for_each(|event, sequence| edit(event, sequence.get()));
                end
            }
            Edit::ForgetAfter(_) => {
                mem::forget(batch);
                start
            }
            Edit::PanicAfter(_) => {
                drop_by_panic(batch);
                start
            }
            Edit::PanicAt(at) => {
                // The event comes again, as the closure has left it.
                let at = start.saturating_add(at.get() as u64);
                let finished = caught(|| {
                    batch.for_each(|event, sequence| {
                        edit(event, sequence.get());
                        if sequence.get() == at {
                            on_purpose();
                        }
                    });
                });
                assert_eq!(finished.is_some(), at >= end);
                at.min(end)
            }
        };
        if let Edit::All | Edit::ForEach = how {
            assert!(expected.is_empty());
        }
        self.model.editors[index].position = position;
    }

    pub(crate) fn fire(&mut self, which: Which) {
        let Some(index) = which.of(&self.editors) else { return };
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
