//! The chain of editors between the writer and the readers.
//!
//! Each stage may change the events that the stage before it has passed on, and passes them on
//! to the next. The last one moves the cursor. So no reader ever sees an event that an editor
//! may still change (I8).

#![forbid(unsafe_code)]

use super::counters::ReaderCounters;
use super::cursor::Cursor;
use crate::member::{Member, Role};
use crate::sync::{AtomicU64, Fences, PlainArc, ordering};
use crate::waiting::EventCount;

/// The stage of one editor, with what lies between it and the stage before it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) member: Member,
    /// How far the stage before this one is: the editor may change events below this.
    pub(crate) arrived: Cursor,
    /// Where the editor sleeps until events arrive.
    pub(crate) arrivals: EventCount,
    /// 0 while the chain is whole here; otherwise 1 + the index of the editor that was the first to
    /// leave.
    broken_by: AtomicU64,
    pub(crate) counters: ReaderCounters,
}

impl Stage {
    /// Makes the stages for editors with these names, in a ring whose first event has the sequence
    /// `first`.
    pub(crate) fn chain(
        names: &[&str],
        ring: Option<&PlainArc<str>>,
        first: u64,
        fences: Fences,
    ) -> Box<[Self]> {
        let stage = |(number, &name): (u64, &&str)| Self {
            member: Member::new(Role::Editor, number, Some(name.into()), ring.cloned()),
            arrived: Cursor::new(first),
            arrivals: EventCount::new(fences),
            broken_by: AtomicU64::new(0),
            counters: ReaderCounters::default(),
        };
        (0..).zip(names).map(stage).collect()
    }

    /// Notes that this stage passes nothing on any more, because the editor with the index
    /// `departed` has left.
    pub(crate) fn break_chain(&self, departed: usize) {
        // ORDERING: Release pairs with the Acquire in `departed`: a thread that sees the chain
        // broken sees everything that this editor has passed on.
        self.broken_by.store(departed as u64 + 1, ordering!("editor_chain.break", Release));
    }

    /// Returns the index of the editor because of which nothing more is passed on here, if any.
    pub(crate) fn departed(&self) -> Option<usize> {
        // ORDERING: Acquire pairs with the Release in `break_chain`.
        let broken_by = self.broken_by.load(ordering!("editor_chain.departed", Acquire));
        broken_by.checked_sub(1).map(|departed| departed as usize)
    }
}
