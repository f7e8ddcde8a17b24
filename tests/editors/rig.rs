//! Events that record which editors they have passed, and rings of them.

use broadring::{Editor, End, Reader, Ring, TryReadError, Writer};

use crate::common::{departed_upstream, event};

/// The names of the three editors of most rings here.
pub(crate) const NAMES: [&str; 3] = ["first", "second", "third"];

/// An event that records how many editors have changed it, with a checksum that shows that
/// they did so in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edited {
    pub(crate) sequence: u64,
    /// How many editors have changed it.
    editors: usize,
    pub(crate) checksum: u64,
}

impl Edited {
    /// An event as the writer publishes it.
    pub(crate) fn unedited(sequence: u64) -> Self {
        Self { sequence, editors: 0, checksum: event(sequence) }
    }

    /// Changes the event on behalf of an editor, which must be the next in line.
    #[track_caller]
    pub(crate) fn edit(&mut self, sequence: u64, editor: usize) {
        self.check(sequence, editor);
        self.editors += 1;
        self.checksum = fold(self.checksum, editor);
    }

    /// Checks that the event has passed that many editors, in order.
    #[track_caller]
    pub(crate) fn check(&self, sequence: u64, editors: usize) {
        let checksum = (0..editors).fold(event(sequence), fold);
        assert_eq!(self, &Self { sequence, editors, checksum });
    }
}

/// What an editor turns a checksum into. Another order of editors gives another checksum.
fn fold(checksum: u64, editor: usize) -> u64 {
    checksum.rotate_left(9).wrapping_mul(2 * editor as u64 + 3).wrapping_add(1)
}

/// A ring with three editors, whose events record which editors they have passed.
pub(crate) fn edited_ring(capacity: usize) -> (Writer<Edited>, [Editor<Edited>; 3], Ring<Edited>) {
    Ring::builder(capacity).build_with_editors(NAMES, || Edited::unedited(u64::MAX))
}

/// Publishes the next event.
pub(crate) fn publish_unedited(writer: &mut Writer<Edited>) {
    let next = writer.cursor().get();
    assert_eq!(writer.publish(Edited::unedited(next)).get(), next);
}

/// Edits up to that many events, of which at least one must be available; returns how many.
#[track_caller]
pub(crate) fn edit(editor: &mut Editor<Edited>, index: usize, limit: usize) -> usize {
    let mut batch = editor.try_batch_up_to(limit).unwrap();
    batch.iter_mut().for_each(|(at, event)| event.edit(at.get(), index));
    batch.len()
}

/// Checks that nothing is available to this editor, and that the stream has not ended.
#[track_caller]
pub(crate) fn expect_nothing_to_edit<T>(editor: &mut Editor<T>) {
    assert_eq!(editor.try_batch().map(drop), Err(TryReadError::Empty));
    assert_eq!(editor.lag(), 0);
}

/// Edits to the end of the stream; returns the end.
pub(crate) fn edit_to_end(editor: &mut Editor<Edited>) -> End {
    let index = editor.member().number() as usize;
    editor.run(|event, at, _| event.edit(at.get(), index))
}

/// Reads events that three editors have changed, to the end of the stream; returns the end
/// and its sequence.
pub(crate) fn read_to_end(reader: &mut Reader<Edited>) -> (End, u64) {
    let mut next = reader.position().get();
    let end = reader.run(|event, at, _| {
        assert_eq!(at.get(), next);
        event.check(next, 3);
        next += 1;
    });
    (end, next)
}

/// The editor or reader whose leaving ended a read that does not wait, and its position.
#[track_caller]
pub(crate) fn upstream_left<B>(read: Result<B, TryReadError>) -> (String, u64) {
    match read {
        Err(TryReadError::Ended(end)) => departed_upstream(end),
        Err(TryReadError::Empty) => panic!("not ended"),
        Ok(_) => panic!("not empty"),
    }
}
