//! What an editor keeps beside its handle: which event is next, and what it must be.

use std::sync::Arc;
use std::time::Instant;

use broadring::{EditBatch, End, Sequence};

use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// The books of an editor.
pub(super) struct Desk<P> {
    pub(super) round: Arc<Round<P>>,
    pub(super) post: Arc<Post>,
    index: u64,
    /// The next event.
    pub(super) next: u64,
    /// Events below this may be edited already: they were not passed on, and come again as they
    /// were left.
    touched: u64,
    /// When it leaves, if it does.
    pub(super) leaves: Option<Instant>,
}

impl<P: Payload> Desk<P> {
    /// Opens the books of the editor with this index, before the first event.
    pub(super) fn open(
        round: &Arc<Round<P>>,
        post: &Arc<Post>,
        index: usize,
        leaves: Option<Instant>,
    ) -> Self {
        let first = round.plan.first;
        let (round, post) = (Arc::clone(round), Arc::clone(post));
        Self { round, post, index: index as u64, next: first, touched: first, leaves }
    }

    /// Edits an event, which must be the next one, and as the editor before has left it.
    pub(super) fn edit(&mut self, sequence: Sequence, event: &mut P) {
        let sequence = sequence.get();
        let (next, index) = (self.next, self.index);
        self.post.check(sequence == next, || format!("got {sequence}, where {next} is due"));
        let law = &self.round.law;
        let again = sequence < self.touched;
        if !again || law.check_edited(sequence, event, index + 1).is_err() {
            self.post.must(law.check_edited(sequence, event, index));
        }
        event.write(law.word(sequence, index + 1));
        self.next += 1;
        self.touched = self.touched.max(self.next);
        self.post.step();
    }

    /// Edits a whole batch.
    pub(super) fn edit_all(&mut self, batch: &mut EditBatch<'_, P>) {
        batch.iter_mut().for_each(|(sequence, event)| self.edit(sequence, event));
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaves.is_some_and(|leaves| Instant::now() >= leaves)
    }

    /// Checks how the stream has ended.
    pub(super) fn check_end(&self, end: &End) {
        let (next, index) = (self.next, self.index);
        let checked = match end {
            End::UpstreamLeft(left) => {
                let before = self.round.plan.leaver.is_some_and(|it| (it as u64) < index);
                let right = before && left.position().get() == next;
                if right { Ok(()) } else { Err(format!("is at {next}, but: {end}")) }
            }
            _ => self.round.check_end(end, next, 0),
        };
        self.post.must(checked);
    }
}
