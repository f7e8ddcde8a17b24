//! Named readers, and what the snapshot of a ring says about its members.

use std::time::Duration;

use broadring::{Member, MemberStats, Reader, Ring, Stats, Wait, Writer};

use crate::common::publish_at_once;

/// Long enough for a waiting thread to have waited.
pub(crate) const BRIEFLY: Duration = Duration::from_millis(2);

/// Sleeps at once when there is nothing to do.
pub(crate) const DROWSY: Wait = Wait::PARK.spins(0).yields(0);

pub(crate) fn publish(writer: &mut Writer<u64>, events: u64) {
    for _ in 0..events {
        publish_at_once(writer);
    }
}

pub(crate) fn fill(writer: &mut Writer<u64>) {
    publish(writer, writer.remaining_capacity() as u64);
    assert!(writer.try_publish(0).is_err());
}

pub(crate) fn named(ring: &Ring<u64>, name: &str) -> Reader<u64> {
    ring.reader().name(name).subscribe().unwrap()
}

pub(crate) fn after(ring: &Ring<u64>, name: &str, upstream: &Reader<u64>) -> Reader<u64> {
    ring.reader().name(name).after(upstream).unwrap().subscribe().unwrap()
}

pub(crate) fn read(reader: &mut Reader<u64>, events: usize) {
    assert_eq!(reader.try_batch_up_to(events).unwrap().len(), events);
}

#[track_caller]
pub(crate) fn row<'s>(stats: &'s Stats, member: &Member) -> &'s MemberStats {
    stats.members.iter().find(|row| row.member == *member).expect("it is at the ring")
}

/// The names of the members that hold the writer back.
pub(crate) fn holders(ring: &Ring<u64>) -> Vec<String> {
    let rows = ring.stats().members.into_iter().filter(|row| row.holding.is_some());
    rows.map(|row| row.member.name().unwrap().to_owned()).collect()
}

pub(crate) fn slowest(ring: &Ring<u64>) -> Option<(String, u64, u64)> {
    let slowest = ring.slowest()?;
    Some((slowest.member.name()?.to_owned(), slowest.position.get(), slowest.lag))
}
