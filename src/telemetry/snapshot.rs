//! A snapshot of a ring: the writer, the readers, the observers and the editors at one moment.
//!
//! Plain data. `protocol::survey` fills it in, from positions and counters that their owners
//! write anyway; nobody does anything differently because of it.

#![forbid(unsafe_code)]

use core::time::Duration;

#[cfg(feature = "serde")]
use super::seconds;
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::PlainArc;

/// A snapshot of a ring and its members, from [`Ring::stats`](crate::Ring::stats) or
/// [`Writer::stats`](crate::Writer::stats).
///
/// The snapshot is taken while all members go on. So each number was right at some moment between
/// the call and its return, but not all of them at the same moment. Where numbers are related,
/// their documentation says how. While nothing happens at the ring, all numbers are exact.
///
/// Two snapshots make a rate: divide the change of a number by the difference in
/// [`age`](Self::age).
///
/// With the feature `serde` a snapshot can be serialized, with durations as seconds. With the
/// feature `metrics` it can be handed to a recorder: see `record_metrics`.
///
/// # What it costs
///
/// Counting costs a reader a few instructions for each poll that finds events, on a cache line
/// that only the reader and snapshots touch. It costs the writer nothing while there is room: the
/// writer counts only when it finds the ring full, on a cache line of its own.
///
/// Taking a snapshot costs time and cache misses proportional to the number of members, and the
/// next write to one of those cache lines has to fetch it back. It blocks for a moment on several
/// locks, one after the other: the lock that joining and leaving take, and the locks under which
/// threads go to sleep and are woken. Publishing and reading take none of them, unless a thread
/// has to sleep or to be woken.
///
/// # Examples
///
/// ```
/// use broadring::{Ring, Sequence};
///
/// let (mut writer, ring) = Ring::builder(8).build(|| 0);
/// let mut journal = ring.reader().name("journal").subscribe()?;
/// let risk = ring.reader().name("risk").subscribe()?;
/// writer.publish_all(0..5);
/// drop(journal.try_batch()?);
///
/// let stats = ring.stats();
/// assert_eq!((stats.capacity, stats.cursor), (8, Sequence::new(5)));
/// let [journal, risk] = &stats.members[..] else { panic!("there are two readers") };
/// assert_eq!((journal.lag, journal.batches, risk.lag), (0, 1, 5));
/// assert_eq!(stats.slowest().unwrap().member, risk.member);
/// println!("{stats}"); // a table
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With the feature `serde`:
///
/// ```
/// # #[cfg(feature = "serde")] {
/// let (_writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let journal = ring.reader().name("journal").subscribe()?;
/// let stats = serde_json::to_value(ring.stats())?;
/// assert_eq!(stats["members"][0]["member"]["name"], "journal");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// The name of the ring, if it was given one.
    pub name: Option<PlainArc<str>>,
    /// How long ago the ring was built.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of"))]
    pub age: Duration,
    /// The number of slots.
    pub capacity: usize,
    /// The end of the events that the writer has published: how many these are, in a ring that starts
    /// at sequence 0. Never less than `cursor`, and more only while editors have still to pass events
    /// on.
    pub published: Sequence,
    /// The end of the events that readers may see: the sequence that the next one will have. Never
    /// less than the position of a reader or an observer in `members`.
    pub cursor: Sequence,
    /// Whether the writer is gone. Then `published` is final. While the writer is just being
    /// dropped, this may be `false` although `published` is final already.
    pub closed: bool,
    /// The editor that has left before the end of the stream, if one has. Nothing that it has not
    /// passed on will ever be read.
    pub editor_left: Option<Member>,
    /// The state of the writer.
    pub writer: WriterStats,
    /// How often readers, observers and editors were woken that sleep until there is something to
    /// read. One wake-up is for all that sleep at one place. It also counts if the last of them was
    /// already up.
    pub reader_wakes: u64,
    /// All members: the editors in their order, then readers and observers in the order in which
    /// they have joined. A member that joins or leaves meanwhile may be missing.
    pub members: Vec<MemberStats>,
}

/// The state of the writer; in [`Stats`].
///
/// A *stall* is backpressure that the writer has felt. It begins when the writer finds the ring
/// full: fewer slots are free than it needs at least. It ends when the writer next finds enough
/// slots free. So a writer that was refused and tries again a minute later was stalled for that
/// minute. A publication that waits begins a stall if its first look finds the ring full.
///
/// The numbers are exact if the writer takes the snapshot. Another thread may take it while a
/// stall begins or ends, and then find that stall counted but not its time, or its time twice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WriterStats {
    /// How often the writer has found the ring full.
    pub stalls: u64,
    /// For how long the writer was stalled: all stalls together, including the present one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of"))]
    pub stalled: Duration,
    /// How long the present stall has lasted; `None` if the ring was not full when the writer last
    /// looked.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of_some"))]
    pub stalled_now: Option<Duration>,
    /// How many readers the writer has evicted, because they held it back for too long: see
    /// [`evict_after`](crate::ReaderBuilder::evict_after).
    pub evictions: u64,
    /// How often the writer went to sleep because the ring was full.
    pub parks: u64,
    /// How often the writer was woken while it slept or was about to. Joining, leaving and eviction
    /// also count here, whether or not the writer sleeps.
    pub wakes: u64,
}

/// The state of a reader, an observer or an editor; in [`Stats`].
///
/// The member goes on counting while the snapshot is taken. Each counter is at most one batch or
/// one sleep out of date, and the counters may differ by that much from each other and from the
/// position. They start at 0 when the member joins, also for a clone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MemberStats {
    /// Which member this is.
    pub member: Member,
    /// The position of the member: it is done with every event before this. Events that a batch
    /// has handed out and not yet committed count as not done.
    pub position: Sequence,
    /// How many events the member is behind the cursor; for an editor, behind the stage before it.
    /// The position is read before the cursor, so this may be too large by the number of events
    /// that were published and read in between.
    pub lag: u64,
    /// How often the member has polled and found events. Events that a limit has left behind are
    /// counted with the poll that has found them.
    pub batches: u64,
    /// The most events that the member has found in one poll.
    pub largest_batch: u64,
    /// How often the member went to sleep because there was nothing to read.
    pub parks: u64,
    /// The readers that this one comes after, as given with
    /// [`after`](crate::ReaderBuilder::after), including those that have left meanwhile. For an
    /// editor, the editor before it.
    pub after: Vec<Member>,
    /// Whether the member's position is a gating sequence, which the writer may not overtake.
    /// `false` for an observer between two looks, and for a reader that was evicted or whose
    /// stream has ended because another member left. Already out of date when it is read.
    pub gating: bool,
    /// How long the member has held the writer back at its present position; `None` if it does
    /// not. A member holds the writer back if the writer has found the ring full because of that
    /// position, and the member waits for no other member there: a reader that comes after another
    /// one at the same position does not hold the writer back.
    ///
    /// This is what the writer saw when it last looked. It looks all the time while it waits, and
    /// not at all between two attempts that do not wait. In a ring that never had an evictable
    /// reader, the writer does not tell readers at the same position apart. Then a reader that has
    /// waited for another one there counts the other's time as its own.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of_some"))]
    pub holding: Option<Duration>,
}

/// The slowest member: the one that is furthest behind. From
/// [`Ring::slowest`](crate::Ring::slowest), [`Writer::slowest`](crate::Writer::slowest) or
/// [`Stats::slowest`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Slowest {
    /// Which member this is.
    pub member: Member,
    /// Its position: see [`MemberStats::position`].
    pub position: Sequence,
    /// How many events it is behind, at least 1: see [`MemberStats::lag`].
    pub lag: u64,
    /// How long it has held the writer back there; `None` if it does not: see
    /// [`MemberStats::holding`].
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of_some"))]
    pub holding: Option<Duration>,
}

impl Stats {
    /// Returns the gating member that was furthest behind; `None` if none was behind. If several
    /// were at the same position, it is one that waits for none of the others.
    ///
    /// # Examples
    ///
    /// See [`Ring::slowest`](crate::Ring::slowest).
    pub fn slowest(&self) -> Option<Slowest> {
        slowest(&self.members)
    }
}

/// Returns the members that hold the writer back at this position: they gate it, and wait for no
/// other member there.
pub(crate) fn holding_back(
    rows: &[MemberStats],
    position: Sequence,
) -> impl Iterator<Item = &MemberStats> {
    let there = move |row: &&MemberStats| row.is_behind() && row.position == position;
    let first = move |row: &&MemberStats| {
        !rows.iter().filter(there).any(|other| row.after.contains(&other.member))
    };
    rows.iter().filter(there).filter(first)
}

/// Returns the gating member that is furthest behind.
pub(crate) fn slowest(rows: &[MemberStats]) -> Option<Slowest> {
    let behind = rows.iter().filter(|row| row.is_behind());
    let furthest = behind.map(|row| row.position).min()?;
    let row = holding_back(rows, furthest).next()?;
    Some(Slowest {
        member: row.member.clone(),
        position: row.position,
        lag: row.lag,
        holding: row.holding,
    })
}

impl MemberStats {
    /// Whether the member can hold the writer back at its position.
    fn is_behind(&self) -> bool {
        self.gating && self.lag > 0
    }
}
