//! Decides what of a damaged log is kept.

use core::ops::Range;

use super::facts::Facts;

/// Which part of a damaged log is kept, where events in the middle are lost: the sequences of a log have no holes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keep {
    /// The oldest events, up to the first that is lost. The log goes on with the sequence of that one, so the sequences
    /// behind it are given once more. Right where what comes behind can be appended again, as the lines of a file can be.
    /// If the very first events are lost, those behind them are kept, from the next segment on.
    #[default]
    Oldest,
    /// The newest events, from the first whole frame behind the last loss on. Whoever asks for older ones learns that they
    /// were [removed](crate::ReadError::Removed). Right where the source cannot be asked again, because no sequence is
    /// given twice. If the very last events are lost, those before them are kept, and go on with their sequences.
    Newest,
}

/// What is kept: some segments that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Which of the segments.
    pub(super) segments: Range<usize>,
    /// Whether of the first one only that is kept which is behind the damage in it.
    pub(super) rest: bool,
    /// The events that they have.
    pub(super) sequences: Range<u64>,
}

impl Kept {
    /// Chooses what is kept of a log that had these sequences. Where nothing can be, it is empty, and begins again or goes
    /// on behind them.
    pub(super) fn choose(segments: &[Facts], keep: Keep, had: Range<u64>) -> Self {
        let mut runs = Self::runs(segments);
        let (chosen, empty) = match keep {
            Keep::Oldest => (runs.into_iter().find(|run| !run.rest), had.start),
            Keep::Newest => (runs.pop(), had.end),
        };
        chosen.unwrap_or(Self { segments: 0..0, rest: false, sequences: empty..empty })
    }

    /// Returns all events that follow each other without a hole.
    fn runs(segments: &[Facts]) -> Vec<Self> {
        let mut runs = Vec::new();
        let (mut index, mut rest) = (0, false);
        while index < segments.len() {
            let run = Self::run(segments, index, rest);
            let last = run.segments.end.saturating_sub(1).max(index);
            let broken_off = segments[last].usable && segments[last].rest.is_some();
            (index, rest) = match broken_off && !(rest && last == index) {
                true => (last, true),
                false => (run.segments.end.max(index + 1), false),
            };
            if !run.sequences.is_empty() {
                runs.push(run);
            }
        }
        runs
    }

    /// Returns the events that follow each other from the beginning of a segment on, or behind the damage in it.
    fn run(segments: &[Facts], start: usize, rest: bool) -> Self {
        let first = segments[start].first;
        let mut kept = Self { segments: start..start, rest, sequences: first..first };
        if rest && let Some(rest) = segments[start].rest {
            kept.segments.end += 1;
            kept.sequences = rest.first..rest.next;
        }
        for facts in &segments[kept.segments.end..] {
            if !facts.usable || facts.first != kept.sequences.end {
                break;
            }
            kept.segments.end += 1;
            kept.sequences.end = facts.next;
            if facts.broken || facts.next == facts.first {
                break;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use core::ops::Range;

    use super::{Facts, Keep, Kept};
    use crate::mending::facts::Rest;

    fn segment(sequences: Range<u64>, broken: bool) -> Facts {
        let new = Facts::new(sequences.start);
        Facts { next: sequences.end, usable: true, broken, ..new }
    }

    /// A segment with events that are lost in the middle.
    fn torn(before: Range<u64>, behind: Range<u64>) -> Facts {
        let rest = Rest { start: 99, end: 999, first: behind.start, next: behind.end, stamp: 0 };
        Facts { rest: Some(rest), ..segment(before, true) }
    }

    fn kept(segments: Range<usize>, rest: bool, sequences: Range<u64>) -> Kept {
        Kept { segments, rest, sequences }
    }

    #[test]
    fn the_oldest_events_up_to_the_first_loss_are_kept_or_the_newest_behind_the_last() {
        let segments = [
            segment(0..10, false),
            segment(10..15, true),
            segment(20..30, false),
            torn(30..35, 36..40),
            segment(40..50, false),
            segment(50..60, false),
        ];
        assert_eq!(Kept::choose(&segments, Keep::Oldest, 0..60), kept(0..2, false, 0..15));
        assert_eq!(Kept::choose(&segments, Keep::Newest, 0..60), kept(3..6, true, 36..60));
        // One after the other, of which two are lost in between.
        assert_eq!(
            Kept::runs(&[torn(0..5, 6..10), torn(10..11, 12..20)]),
            [kept(0..1, false, 0..5), kept(0..2, true, 6..11), kept(1..2, true, 12..20)]
        );
    }

    #[test]
    fn a_front_that_has_nothing_to_read_does_not_cost_what_is_behind() {
        let unusable = Facts { usable: false, ..segment(0..0, false) };
        let segments = [unusable, segment(10..10, true), segment(20..30, false)];
        assert_eq!(Kept::choose(&segments, Keep::Oldest, 0..30), kept(2..3, false, 20..30));
        for (keep, empty) in [(Keep::Oldest, 3..3), (Keep::Newest, 17..17)] {
            assert_eq!(Kept::choose(&segments[..2], keep, 3..17), kept(0..0, false, empty));
        }
    }
}
