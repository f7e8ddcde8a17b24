//! The end of the stream: what a reader or an editor finds when it has read everything, and
//! how an editor that leaves ends the stream for everybody behind it.

#![forbid(unsafe_code)]

use super::cursor::Cursor;
use super::editor_chain::Stage;
use super::sequencer::Sequencer;
use crate::member::Member;
use crate::sync::Finally;

/// What a reader or an editor gets when it has used up everything available: more events, the
/// end of the stream, or the failure of an editor.
#[derive(Debug)]
pub(crate) enum Ending {
    /// More events, up to this sequence.
    More(u64),
    /// The end of the stream: the writer is gone.
    Closed,
    /// The editor with this index has left before the end of the stream.
    EditorLeft(usize),
}

impl Sequencer {
    /// Returns what there is for a reader at `position` that has found nothing new. `None` if
    /// it has to wait.
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

    /// Returns what there is for a handle at `position` that comes behind the editor with this
    /// index, which moves the cursor `passed_on`.
    #[cold]
    fn ending_behind(&self, editor: usize, passed_on: &Cursor, position: u64) -> Option<Ending> {
        // The cursor is loaded last: an editor leaves, and the writer closes, only after the
        // last event that it has passed on.
        let departed = self.stages[editor].departed();
        let closed = self.is_closed();
        let end = passed_on.load();
        if end > position {
            return Some(Ending::More(end));
        }
        if departed.is_some() {
            // Also when the ring is closed afterwards, so that no reader finds another end later.
            return departed.map(Ending::EditorLeft);
        }
        (closed && self.stages[0].arrived.load() == position).then_some(Ending::Closed)
    }

    /// Notes that an editor has left at `position`. If that is before the end of the stream,
    /// the stages behind it get what it has passed on, and then learn that it has left.
    pub(crate) fn editor_leaves(&self, editor: usize, position: u64) {
        match self.ending_for_editor(editor, position) {
            Some(Ending::Closed) => (),
            // It has passed on everything that it could get.
            Some(Ending::EditorLeft(departed)) => self.break_chain(editor, departed),
            Some(Ending::More(_)) | None => self.break_chain(editor, editor),
        }
    }

    /// Breaks the chain at an editor, which passes nothing on any more because the editor
    /// `departed`, itself or one before it, has left.
    pub(crate) fn break_chain(&self, editor: usize, departed: usize) {
        self.stages[editor].break_chain(departed);
        let _then = Finally(|| self.freed.wake_all());
        match self.stages.get(editor + 1) {
            Some(next) => next.arrivals.wake_all(),
            None => self.wake_readers(),
        }
    }

    /// Returns what there is for an editor at `position` that has found nothing new. `None` if
    /// it has to wait.
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

    /// Returns an editor that has left before the end of the stream, if there is one. Then
    /// nothing that is published from now on will ever be read.
    pub(crate) fn departed_editor(&self) -> Option<&Member> {
        let departed = self.stages.iter().find_map(Stage::departed)?;
        Some(&self.stages[departed].member)
    }
}
