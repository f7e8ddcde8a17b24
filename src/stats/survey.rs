//! Looks at everybody, and says who is to blame.

#![forbid(unsafe_code)]

use core::time::Duration;

use super::{MemberStats, Slowest, Stats, WriterStats};
use crate::counters::ReaderCounters;
use crate::gates::Gate;
use crate::member::Member;
use crate::roster::Entry;
use crate::sequence::Sequence;
use crate::sequencer::Sequencer;

/// Everybody, and how far the stream has come by then.
pub(super) struct Members {
    pub(super) rows: Vec<MemberStats>,
    published: u64,
    cursor: u64,
}

/// Where the writer was held up when it last looked.
struct Hold {
    position: Sequence,
    time: Duration,
}

/// Looks at everything.
pub(super) fn all(sequencer: &Sequencer) -> Stats {
    let closed = sequencer.is_closed();
    let now = sequencer.now();
    let counters = &sequencer.counters;
    let since = counters.since.get();
    let writer = WriterStats {
        stalls: counters.stalls.get(),
        stalled: counters.stalled_by(now),
        stalled_now: (since != 0).then(|| Duration::from_nanos(now.saturating_sub(since))),
        parks: counters.parks.get(),
        wakes: sequencer.freed.wakes(),
    };
    let Members { rows, published, cursor } = members(sequencer);
    let dependents = sequencer.gates.taken().filter_map(Gate::dependents);
    let called = [sequencer.published.wakes()].into_iter();
    let called = called.chain(dependents.map(|dependents| dependents.moved.wakes()));
    let called = called.chain(sequencer.stages.iter().map(|stage| stage.arrivals.wakes()));
    Stats {
        age: Duration::from_nanos(now),
        capacity: sequencer.capacity() as usize,
        published: Sequence::new(published),
        cursor: Sequence::new(cursor),
        closed,
        editor_left: sequencer.broken().cloned(),
        writer,
        reader_wakes: called.sum(),
        members: rows,
    }
}

/// Looks at everybody. Nobody is ever ahead of what is looked at after them: first the
/// readers, then the cursor, then the editors, the last one first.
pub(super) fn members(sequencer: &Sequencer) -> Members {
    let hold = hold(sequencer);
    let entries = sequencer.roster.entries(&sequencer.gates);
    let mut readers: Vec<_> = entries.into_iter().map(reader).collect();
    // Whose gate has changed hands meanwhile: that was not their position.
    let roster = &sequencer.roster;
    readers.retain(|(gate, row)| roster.member(gate).as_ref() == Some(&row.member));
    readers.sort_by_key(|(_, row)| row.member.number());

    let cursor = sequencer.cursor.load();
    let mut rows = Vec::with_capacity(sequencer.stages.len() + readers.len());
    let mut passed_on = cursor;
    for (index, stage) in sequencer.stages.iter().enumerate().rev() {
        let arrived = stage.arrived.load();
        let before = index.checked_sub(1).map(|before| &sequencer.stages[before].member);
        let after = before.cloned().into_iter().collect();
        let entry = Entry { member: stage.member.clone(), after };
        rows.push(row(entry, passed_on, arrived, &stage.counters));
        passed_on = arrived;
    }
    rows.reverse();
    rows.extend(
        readers
            .into_iter()
            .map(|(_, row)| MemberStats { lag: cursor.saturating_sub(row.position.get()), ..row }),
    );
    if let Some(hold) = hold {
        blame(&mut rows, &hold);
    }
    Members { rows, published: passed_on, cursor }
}

/// Looks at a reader. How far it is behind is not yet known.
fn reader((gate, entry): (&Gate, Entry)) -> (&Gate, MemberStats) {
    let progress = gate.progress();
    let row = row(entry, progress.position, progress.position, gate.counters());
    (gate, MemberStats { gating: !progress.stopped, ..row })
}

fn row(entry: Entry, position: u64, end: u64, counters: &ReaderCounters) -> MemberStats {
    MemberStats {
        member: entry.member,
        position: Sequence::new(position),
        lag: end.saturating_sub(position),
        batches: counters.batches.get(),
        largest_batch: counters.largest.get(),
        parks: counters.parks.get(),
        after: entry.after,
        gating: true,
        holding: None,
    }
}

/// Learns where the writer is held up. Asked before anybody's position: who has moved on by
/// then does not get the blame.
fn hold(sequencer: &Sequencer) -> Option<Hold> {
    let counters = &sequencer.counters;
    let stalled = counters.since.get() != 0;
    let position = Sequence::new(counters.position.get());
    let time = sequencer.now().saturating_sub(counters.held_since.get());
    stalled.then_some(Hold { position, time: Duration::from_nanos(time) })
}

/// Tells those apart who hold the writer up.
fn blame(rows: &mut [MemberStats], hold: &Hold) {
    let guilty: Vec<Member> = at(rows, hold.position).map(|row| row.member.clone()).collect();
    for row in rows.iter_mut().filter(|row| guilty.contains(&row.member)) {
        row.holding = Some(hold.time);
    }
}

/// Those who are behind and at this position, and wait for nobody else who is.
fn at(rows: &[MemberStats], position: Sequence) -> impl Iterator<Item = &MemberStats> {
    let there = move |row: &&MemberStats| row.is_behind() && row.position == position;
    let first = move |row: &&MemberStats| {
        !rows.iter().filter(there).any(|other| row.after.contains(&other.member))
    };
    rows.iter().filter(there).filter(first)
}

/// Returns who is furthest behind.
pub(super) fn slowest(rows: &[MemberStats]) -> Option<Slowest> {
    let behind = rows.iter().filter(|row| row.is_behind());
    let furthest = behind.map(|row| row.position).min()?;
    let row = at(rows, furthest).next()?;
    Some(Slowest {
        member: row.member.clone(),
        position: row.position,
        lag: row.lag,
        holding: row.holding,
    })
}

impl MemberStats {
    /// Whether it can hold the writer up where it is.
    fn is_behind(&self) -> bool {
        self.gating && self.lag > 0
    }
}

impl Sequencer {
    /// Returns who holds the writer back: the one that is furthest behind. `None` if that
    /// one is just joining, so that nobody knows who it is.
    pub(crate) fn holder(&self) -> Option<Member> {
        let smallest = self.gates.smallest();
        let slowest = slowest(&members(self).rows)?;
        (slowest.position.get() <= smallest).then_some(slowest.member)
    }
}
