//! Which lane comes next, and how far.

#![forbid(unsafe_code)]

use crate::stamp::Stamp;

/// The lane that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) lane: usize,
    /// The stamp of its next event, or the smallest that this can have.
    pub(super) least: Stamp,
    /// Whether that event is there.
    pub(super) is_there: bool,
    /// Its events with smaller stamps than this come before everything of the other lanes.
    pub(super) limit: u64,
}

/// Returns the lane that comes next: the one with the smallest stamp. The lanes are in the order of their
/// sources; for each it is told which stamp its next event has, or cannot fall below, and whether that
/// event is there.
///
/// Where two have the same stamp, the smaller source comes first. But if no stamp is ever given to two
/// writers (`exclusive`), an event comes before what is not there yet and has no smaller stamp.
#[inline]
pub(super) fn choose(
    lanes: impl Iterator<Item = (Stamp, bool)>,
    exclusive: bool,
) -> Option<Choice> {
    /// Larger than any stamp.
    const NONE: u64 = u64::MAX;
    let (mut first, mut least, mut first_is_there) = (usize::MAX, NONE, false);
    let (mut next, mut second) = (usize::MAX, NONE);
    for (index, (stamp, is_there)) in lanes.enumerate() {
        let stamp = stamp.get();
        let tie = exclusive && stamp == least && is_there && !first_is_there;
        if stamp < least || tie {
            (next, second) = (first, least);
            (first, least, first_is_there) = (index, stamp, is_there);
        } else if stamp < second {
            (next, second) = (index, stamp);
        }
    }
    let yields = first < next || exclusive;
    let limit = second.saturating_add(u64::from(yields));
    let choice = Choice { lane: first, least: Stamp::new(least), is_there: first_is_there, limit };
    (first != usize::MAX).then_some(choice)
}

#[cfg(test)]
mod tests {
    use super::{Choice, choose};
    use crate::stamp::Stamp;

    fn chosen(lanes: &[(u64, bool)], exclusive: bool) -> Option<(usize, u64)> {
        let lanes = lanes.iter().map(|(stamp, is_there)| (Stamp::new(*stamp), *is_there));
        choose(lanes, exclusive).map(|Choice { lane, limit, .. }| (lane, limit))
    }

    #[test]
    fn the_smallest_stamp_comes_first_up_to_the_second_smallest() {
        assert_eq!(chosen(&[(5, true), (3, true), (7, true)], false), Some((1, 5)));
        assert_eq!(chosen(&[(7, false), (3, true), (4, true), (9, true)], false), Some((1, 5)));
    }

    #[test]
    fn where_stamps_are_equal_the_smaller_source_comes_first() {
        assert_eq!(chosen(&[(3, true), (3, true)], false), Some((0, 4)));
        assert_eq!(chosen(&[(3, true), (5, true), (5, true)], false), Some((0, 6)));
        assert_eq!(chosen(&[(5, true), (3, true), (5, true)], false), Some((1, 5)));
        assert_eq!(chosen(&[(3, false), (3, true)], false), Some((0, 4)));
    }

    #[test]
    fn an_event_comes_before_what_is_not_there_if_stamps_are_never_shared() {
        assert_eq!(chosen(&[(3, false), (3, true)], true), Some((1, 4)));
        assert_eq!(chosen(&[(3, true), (3, false)], true), Some((0, 4)));
        assert_eq!(chosen(&[(2, false), (3, true)], true), Some((0, 4)));
    }

    #[test]
    fn a_lane_alone_has_no_limit() {
        assert_eq!(chosen(&[(3, true)], false), Some((0, u64::MAX)));
        assert_eq!(chosen(&[], false), None);
    }
}
