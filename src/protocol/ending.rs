//! The end of the stream: what a reader or an editor finds when it has read everything, and
//! how an editor that leaves ends the stream for everybody behind it.

#![forbid(unsafe_code)]

use super::cursor::Cursor;
use super::editor_chain::Stage;
use super::sequencer::Sequencer;
use crate::member::Member;
use crate::sync::Finally;

/// What comes after what a reader has found.
#[derive(Debug)]
pub(crate) enum Ending {
    /// There is more: it ends here.
    More(u64),
    /// Nothing: the writer is gone.
    Closed,
    /// Nothing: this editor is gone.
    EditorLeft(usize),
}

impl Sequencer {
    /// What there is for a reader who is at `position` and has found nothing new; `None` if
    /// that is not yet known.
    #[inline]
    pub(crate) fn ending(&self, position: u64) -> Option<Ending> {
        if !self.stages.is_empty() {
            return self.ending_behind(self.stages.len() - 1, &self.cursor, position);
        }
        if !self.is_closed() {
            return None;
        }
        let end = self.cursor.load();
        Some(if end > position { Ending::More(end) } else { Ending::Closed })
    }

    /// What there is for one who is at `position` and reads what the editor with this index
    /// has passed on, as this cursor says.
    #[cold]
    fn ending_behind(&self, editor: usize, passed_on: &Cursor, position: u64) -> Option<Ending> {
        // What is asked last is the latest: whoever has left or closed has done so after
        // whatever it passed on.
        let departed = self.stages[editor].departed();
        let closed = self.is_closed();
        let end = passed_on.load();
        if end > position {
            return Some(Ending::More(end));
        }
        if closed && self.stages[0].arrived.load() == position {
            return Some(Ending::Closed);
        }
        departed.map(Ending::EditorLeft)
    }

    /// Says that an editor is gone which is at `position`. If that was before the end of the
    /// stream, those who come after it get what it has passed on, and then learn of it.
    pub(crate) fn editor_leaves(&self, editor: usize, position: u64) {
        match self.ending_for_editor(editor, position) {
            Some(Ending::Closed) => (),
            // It has done all that it could.
            Some(Ending::EditorLeft(departed)) => self.break_chain(editor, departed),
            Some(Ending::More(_)) | None => self.break_chain(editor, editor),
        }
    }

    /// Says that an editor passes nothing on any more, because of another or itself.
    pub(crate) fn break_chain(&self, editor: usize, departed: usize) {
        self.stages[editor].break_chain(departed);
        let _then = Finally(|| self.freed.wake_all());
        match self.stages.get(editor + 1) {
            Some(next) => next.arrivals.wake_all(),
            None => self.wake_readers(),
        }
    }

    /// What there is for an editor which is at `position` and has found nothing new.
    pub(crate) fn ending_for_editor(&self, editor: usize, position: u64) -> Option<Ending> {
        let arrived = &self.stages[editor].arrived;
        if editor > 0 {
            return self.ending_behind(editor - 1, arrived, position);
        }
        if !self.is_closed() {
            return None;
        }
        let end = arrived.load();
        Some(if end > position { Ending::More(end) } else { Ending::Closed })
    }

    /// Returns an editor without which nothing published will ever be read, if one has
    /// left.
    pub(crate) fn departed_editor(&self) -> Option<&Member> {
        let departed = self.stages.iter().find_map(Stage::departed)?;
        Some(&self.stages[departed].member)
    }
}
