//! The census: it takes snapshots of both rings of a round, and checks that they are plausible.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{ByteRing, Member, MemberStats, Ring, Role, Sequence, Slowest, Stats};

use super::dice::Dice;
use super::payload::Payload;
use super::post::Post;
use super::round::Round;

/// What the snapshots have shown so far.
struct Census {
    last: Stats,
    members: HashMap<Member, MemberStats>,
}

/// A ring of which snapshots can be taken.
trait Surveyed {
    fn stats(&self) -> Stats;

    /// Returns the slowest member, and then the cursor.
    fn slowest(&self) -> (Option<Slowest>, Sequence);
}

impl<P> Surveyed for Ring<P> {
    fn stats(&self) -> Stats {
        self.stats()
    }

    fn slowest(&self) -> (Option<Slowest>, Sequence) {
        (self.slowest(), self.cursor())
    }
}

impl Surveyed for ByteRing {
    fn stats(&self) -> Stats {
        self.stats()
    }

    fn slowest(&self) -> (Option<Slowest>, Sequence) {
        (self.slowest(), self.cursor())
    }
}

/// Takes snapshots of both rings until they are empty of readers.
pub(super) fn take<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    let rings: [&dyn Surveyed; 2] = [&round.ring, &round.records.ring];
    let mut censuses = rings.map(|ring| Census { last: ring.stats(), members: HashMap::new() });
    let is_over = || {
        let (events, records) = (&round.ring, &round.records.ring);
        let readers = events.reader_count() + records.reader_count();
        events.is_closed() && records.is_closed() && readers == 0
    };
    while !is_over() {
        for (census, ring) in censuses.iter_mut().zip(rings) {
            post.doing("takes a snapshot");
            census.survey(ring, post);
            if dice.one_in(20) {
                let table = ring.stats().to_string();
                post.check(table.contains("writer"), || table.clone());
            }
        }
        post.doing("rests");
        thread::sleep(Duration::from_millis(dice.within(1..30)));
    }
    for census in censuses {
        let parks = census.members.values().map(|member| member.parks).sum();
        post.run.totals.parks.add(parks);
    }
}

impl Census {
    /// Takes a snapshot, and compares it with the one before.
    fn survey(&mut self, ring: &dyn Surveyed, post: &Post) {
        let stats = ring.stats();
        post.run.totals.snapshots.add(1);
        post.must(self.compare(&stats));
        self.note(stats);
        if let (Some(slowest), cursor) = ring.slowest() {
            post.check(slowest.position <= cursor, || format!("ahead of {cursor}: {slowest:?}"));
        }
    }

    /// Compares a snapshot with the one before.
    fn compare(&self, now: &Stats) -> Result<(), String> {
        let before = &self.last;
        let must = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(format!("{what}: first {before:?}, then {now:?}")) }
        };
        must(before.age <= now.age, "time went backwards")?;
        must(now.cursor <= now.published, "readers see what is not published")?;
        must(before.cursor <= now.cursor, "the cursor fell")?;
        must(before.published <= now.published, "published events are gone")?;
        must(!before.closed || now.closed, "a closed ring was opened")?;
        must(before.reader_wakes <= now.reader_wakes, "wake-ups of readers are gone")?;
        let (writer, earlier) = (&now.writer, &before.writer);
        let counted = earlier.stalls <= writer.stalls
            && earlier.evictions <= writer.evictions
            && earlier.parks <= writer.parks
            && earlier.wakes <= writer.wakes;
        must(counted, "what the writer has counted is gone")?;
        for member in &now.members {
            self.compare_member(member, now)?;
        }
        Ok(())
    }

    fn compare_member(&self, now: &MemberStats, stats: &Stats) -> Result<(), String> {
        let role = now.member.role();
        let end = if role == Role::Editor { stats.published } else { stats.cursor };
        if now.position > end {
            return Err(format!("ahead of {end}: {now:?}"));
        }
        // These have a gate from the moment they join until they leave, and never skip.
        let keeps_its_gate = matches!(now.member.name(), Some("regular" | "managed"));
        let reach = now.position + stats.capacity as u64;
        if keeps_its_gate && now.gating && self.last.cursor > reach {
            let cursor = self.last.cursor;
            return Err(format!("the cursor was at {cursor} before, beyond {reach}: {now:?}"));
        }
        let Some(before) = self.members.get(&now.member) else { return Ok(()) };
        // An observer may look back at the latest event.
        let moved_back = role != Role::Observer && now.position < before.position;
        let counted = before.batches <= now.batches
            && before.largest_batch <= now.largest_batch
            && before.parks <= now.parks;
        if moved_back || !counted || before.after != now.after {
            return Err(format!("went backwards: first {before:?}, then {now:?}"));
        }
        Ok(())
    }

    fn note(&mut self, stats: Stats) {
        for member in &stats.members {
            self.members.insert(member.member.clone(), member.clone());
        }
        self.last = stats;
    }
}
