//! The survey: the positions and counters of all members at one moment, for statistics and errors.
//!
//! It only reads. Members go on meanwhile, so it reads in an order that keeps the numbers
//! plausible: readers first, then the cursor, then the editors from last to first.

#![forbid(unsafe_code)]

use core::time::Duration;

use super::counters::ReaderCounters;
use super::gate::Gate;
use super::registry::Registration;
use super::sequencer::Sequencer;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::telemetry::{self, MemberStats, Slowest, Stats, WriterStats};

/// All members, and how far the stream had come when they were read.
struct Members {
    rows: Vec<MemberStats>,
    published: u64,
    cursor: u64,
}

/// The present stall: where the writer was held back when it last looked, and since when, in
/// nanoseconds since the ring was built.
#[derive(Clone, Copy)]
struct Stall {
    position: Sequence,
    since: u64,
    now: u64,
}

/// Takes a snapshot of the ring and all its members.
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
    let Members { rows, published, cursor } = members(sequencer, now);
    let dependents = sequencer.gates.taken().filter_map(Gate::dependents);
    let wakes = [sequencer.published.wakes()].into_iter();
    let wakes = wakes.chain(dependents.map(|dependents| dependents.moved.wakes()));
    let wakes = wakes.chain(sequencer.stages.iter().map(|stage| stage.arrivals.wakes()));
    Stats {
        name: sequencer.shared_name(),
        age: Duration::from_nanos(now),
        capacity: sequencer.capacity() as usize,
        published: Sequence::new(published),
        cursor: Sequence::new(cursor),
        closed,
        editor_left: sequencer.departed_editor().cloned(),
        writer,
        reader_wakes: wakes.sum(),
        members: rows,
    }
}

/// Reads the positions of all members. No member is ahead of what is read after it. Times are those at
/// `now`, so that they agree with others of the same snapshot.
fn members(sequencer: &Sequencer, now: u64) -> Members {
    let stall = stall(sequencer, now);
    let entries = sequencer.registry.entries(&sequencer.gates);
    let reader = |(gate, entry)| (gate, reader(sequencer, gate, entry, stall));
    let mut readers: Vec<_> = entries.into_iter().map(reader).collect();
    // If a gate was taken by another member meanwhile, the position may be that of the other.
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
        rows.push(MemberStats { holding: stall.map(|stall| stall.time(Some(stall.since))), ..row });
        passed_on = arrived;
    }
    rows.reverse();
    rows.extend(
        readers
            .into_iter()
            .map(|(_, row)| MemberStats { lag: cursor.saturating_sub(row.position.get()), ..row }),
    );
    if let Some(stall) = stall {
        clear_others(&mut rows, stall);
    }
    Members { rows, published: passed_on, cursor }
}

/// Reads the position of a reader. The lag is set later, when the cursor is known.
fn reader(
    sequencer: &Sequencer,
    gate: &Gate,
    entry: Registration,
    stall: Option<Stall>,
) -> MemberStats {
    let progress = gate.progress();
    let row = row(entry, progress.position, progress.position, gate.counters());
    let holding = stall
        .map(|stall| stall.time(sequencer.stall_timers.gating_since(gate, &sequencer.counters)));
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

/// Reads the present stall, if there is one. Called before any position is read, so that a
/// reader that has moved on by then is not said to hold the writer back.
fn stall(sequencer: &Sequencer, now: u64) -> Option<Stall> {
    let counters = &sequencer.counters;
    let stalled = counters.since.get() != 0;
    let position = Sequence::new(counters.position.get());
    let since = counters.held_since.get();
    stalled.then_some(Stall { position, since, now })
}

impl Stall {
    /// Returns how long a member has held the writer back, which it does since `since`, if the
    /// writer has noticed it already.
    fn time(self, since: Option<u64>) -> Duration {
        Duration::from_nanos(self.now.saturating_sub(since.unwrap_or(self.now)))
    }
}

/// Clears the time of the members that do not hold the writer back.
fn clear_others(rows: &mut [MemberStats], stall: Stall) {
    let holding_back: Vec<Member> =
        telemetry::holding_back(rows, stall.position).map(|row| row.member.clone()).collect();
    for row in rows.iter_mut().filter(|row| !holding_back.contains(&row.member)) {
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
        telemetry::slowest(&members(self, self.now()).rows)
    }

    /// Returns the member that holds the writer back: the one that is furthest behind. `None`
    /// if that is a reader that is just joining, which is not registered yet.
    pub(crate) fn holder(&self) -> Option<Member> {
        let smallest = self.gates.smallest();
        let slowest = self.slowest()?;
        (slowest.position.get() <= smallest).then_some(slowest.member)
    }
}
