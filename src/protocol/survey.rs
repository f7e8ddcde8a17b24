//! Looks at everybody, and says who is to blame.

#![forbid(unsafe_code)]

use core::time::Duration;

use super::counters::ReaderCounters;
use super::gate::Gate;
use super::registry::Registration;
use super::sequencer::Sequencer;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::telemetry::{self, MemberStats, Slowest, Stats, WriterStats};

/// Everybody, and how far the stream has come by then.
struct Members {
    rows: Vec<MemberStats>,
    published: u64,
    cursor: u64,
}

/// Where the writer was held up when it last looked, and since when, in nanoseconds since
/// the ring was built.
#[derive(Clone, Copy)]
struct Hold {
    position: Sequence,
    since: u64,
    now: u64,
}

/// Looks at everything.
fn all(sequencer: &Sequencer) -> Stats {
    let closed = sequencer.is_closed();
    let now = sequencer.now();
    let counters = &sequencer.counters;
    let since = counters.since.get();
    let writer = WriterStats {
        stalls: counters.stalls.get(),
        stalled: counters.stalled_by(now),
        stalled_now: (since != 0).then(|| Duration::from_nanos(now.saturating_sub(since))),
        evictions: counters.evictions.get(),
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
        editor_left: sequencer.departed_editor().cloned(),
        writer,
        reader_wakes: called.sum(),
        members: rows,
    }
}

/// Looks at everybody. Nobody is ever ahead of what is looked at after them: first the
/// readers, then the cursor, then the editors, the last one first.
fn members(sequencer: &Sequencer) -> Members {
    let hold = hold(sequencer);
    let entries = sequencer.registry.entries(&sequencer.gates);
    let reader = |(gate, entry)| (gate, reader(sequencer, gate, entry, hold));
    let mut readers: Vec<_> = entries.into_iter().map(reader).collect();
    // Whose gate has changed hands meanwhile: that was not their position.
    let registry = &sequencer.registry;
    readers.retain(|(gate, row)| registry.member(gate).as_ref() == Some(&row.member));
    readers.sort_by_key(|(_, row)| row.member.number());

    let cursor = sequencer.cursor.load();
    let mut rows = Vec::with_capacity(sequencer.stages.len() + readers.len());
    let mut passed_on = cursor;
    for (index, stage) in sequencer.stages.iter().enumerate().rev() {
        let arrived = stage.arrived.load();
        let before = index.checked_sub(1).map(|before| &sequencer.stages[before].member);
        let after = before.cloned().into_iter().collect();
        let entry = Registration::of_editor(stage.member.clone(), after);
        let row = row(entry, passed_on, arrived, &stage.counters);
        rows.push(MemberStats { holding: hold.map(|hold| hold.time(Some(hold.since))), ..row });
        passed_on = arrived;
    }
    rows.reverse();
    rows.extend(
        readers
            .into_iter()
            .map(|(_, row)| MemberStats { lag: cursor.saturating_sub(row.position.get()), ..row }),
    );
    if let Some(hold) = hold {
        blame(&mut rows, hold);
    }
    Members { rows, published: passed_on, cursor }
}

/// Looks at a reader. How far it is behind is not yet known.
fn reader(
    sequencer: &Sequencer,
    gate: &Gate,
    entry: Registration,
    hold: Option<Hold>,
) -> MemberStats {
    let progress = gate.progress();
    let row = row(entry, progress.position, progress.position, gate.counters());
    let holding =
        hold.map(|hold| hold.time(sequencer.stall_timers.gating_since(gate, &sequencer.counters)));
    MemberStats { gating: !progress.stopped, holding, ..row }
}

fn row(entry: Registration, position: u64, end: u64, counters: &ReaderCounters) -> MemberStats {
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
    let since = counters.held_since.get();
    stalled.then(|| Hold { position, since, now: sequencer.now() })
}

impl Hold {
    /// For how long somebody has held the writer up, if it does, who is to blame since then;
    /// or of whom the writer has not yet noticed that it is.
    fn time(self, since: Option<u64>) -> Duration {
        Duration::from_nanos(self.now.saturating_sub(since.unwrap_or(self.now)))
    }
}

/// Takes the blame from those who do not hold the writer up.
fn blame(rows: &mut [MemberStats], hold: Hold) {
    let guilty: Vec<Member> =
        telemetry::holding_back(rows, hold.position).map(|row| row.member.clone()).collect();
    for row in rows.iter_mut().filter(|row| !guilty.contains(&row.member)) {
        row.holding = None;
    }
}

impl Sequencer {
    /// Takes a snapshot of the ring and of all its members.
    pub(crate) fn stats(&self) -> Stats {
        all(self)
    }

    /// Returns the member that is furthest behind.
    pub(crate) fn slowest(&self) -> Option<Slowest> {
        telemetry::slowest(&members(self).rows)
    }

    /// Returns who holds the writer back: the one that is furthest behind. `None` if that
    /// one is just joining, so that nobody knows who it is.
    pub(crate) fn holder(&self) -> Option<Member> {
        let smallest = self.gates.smallest();
        let slowest = self.slowest()?;
        (slowest.position.get() <= smallest).then_some(slowest.member)
    }
}
