//! What editors do, on the ring and on the model.

use std::mem;

use proptest::sample::Index;

use crate::model::{Nothing, edited};
use crate::ops::Edit;
use crate::pair::{Pair, choose};

impl Pair {
    pub(crate) fn edit(&mut self, index: Index, limit: usize, how: Edit) {
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

    pub(crate) fn fire(&mut self, index: Index) {
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
