//! The editors between the writer and the readers, one after the other.
//!
//! Each stage may change what the one before it has passed on, and passes it on to the
//! next. The last one moves the cursor. So nobody who reads ever sees an event that an
//! editor may still change.

#![forbid(unsafe_code)]

use super::counters::ReaderCounters;
use super::cursor::Cursor;
use crate::member::{Member, Role};
use crate::sync::{AtomicU64, Fences, ordering};
use crate::waiting::EventCount;

/// What is between an editor and the one before it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) member: Member,
    /// How far the one before this editor is: what it may change ends here.
    pub(crate) arrived: Cursor,
    /// Where the editor sleeps until something arrives.
    pub(crate) arrivals: EventCount,
    /// Who has broken the chain here: 0 for nobody, or one more than the index of the
    /// editor that was the first to leave.
    broken_by: AtomicU64,
    pub(crate) counters: ReaderCounters,
}

impl Stage {
    /// Makes the stages of editors with these names.
    pub(crate) fn chain(names: &[&str], fences: Fences) -> Box<[Self]> {
        let stage = |(number, &name): (u64, &&str)| Self {
            member: Member::new(Role::Editor, number, Some(name.into())),
            arrived: Cursor::new(),
            arrivals: EventCount::new(fences),
            broken_by: AtomicU64::new(0),
            counters: ReaderCounters::default(),
        };
        (0..).zip(names).map(stage).collect()
    }

    /// Says that its editor passes nothing on any more, because the one with this index
    /// has left.
    pub(crate) fn break_chain(&self, departed: usize) {
        // ORDERING: Release pairs with the Acquire of `departed`: who sees the chain broken
        // sees all that this editor has passed on.
        self.broken_by.store(departed as u64 + 1, ordering!("editor_chain.break", Release));
    }

    /// The index of the editor because of which nothing more is passed on here, if any.
    pub(crate) fn departed(&self) -> Option<usize> {
        // ORDERING: Acquire pairs with the Release of `break_chain`.
        let broken_by = self.broken_by.load(ordering!("editor_chain.departed", Acquire));
        broken_by.checked_sub(1).map(|departed| departed as usize)
    }
}
