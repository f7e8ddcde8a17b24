//! What goes on at a ring, for those who ask.
//!
//! A snapshot only reads: positions and counters that their owners write anyway, and the
//! registry. Nobody does anything differently because of it.

#![forbid(unsafe_code)]

use core::time::Duration;

#[cfg(feature = "serde")]
use super::seconds;
use crate::member::Member;
use crate::sequence::Sequence;

/// What a ring looked like at one moment, or nearly: a plain snapshot, from
/// [`Ring::stats`](crate::Ring::stats) or [`Writer::stats`](crate::Writer::stats).
///
/// It is read while everybody goes on. So each number was right at some moment between the
/// call and its return, though not all of them at the same one; what can be said of them
/// together is said where they stand. While nobody does anything they are exact.
///
/// Two snapshots make a rate: divide what has changed by the difference in
/// [`age`](Self::age).
///
/// With the feature `serde` it can be serialized, with durations as seconds; with the
/// feature `metrics` it can be handed to a recorder: see `record_metrics`.
///
/// # What it costs
///
/// Being counted costs a reader a few instructions for each look that finds events, on a
/// cache line that nobody else touches, but whoever takes a snapshot. It costs the writer
/// nothing while there is room: it counts only when it finds the ring full, on a line of its
/// own.
///
/// To take a snapshot costs time and cache misses proportional to the number of members,
/// and whoever writes one of those lines next has to fetch it back. It takes locks for a
/// moment, one after the other: the one that joining and leaving take, and then those under
/// which threads go to sleep and are woken. Publishing and reading take none of them,
/// unless somebody has to sleep or to be woken.
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
/// journal.try_batch()?;
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
    /// How long ago the ring was built.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of"))]
    pub age: Duration,
    /// The number of slots.
    pub capacity: usize,
    /// How many events the writer has published. Never less than `cursor`, and more only
    /// while there are some that editors have not yet passed on.
    pub published: Sequence,
    /// How many events readers may see: the sequence that the next one will have. Never
    /// less than the position of a member in `members`, unless that is an editor.
    pub cursor: Sequence,
    /// Whether the writer is gone. Then `published` is final. If it was just going, this
    /// may say no although `published` is final already.
    pub closed: bool,
    /// The editor that has left before the end of the stream, if one has: nothing that it
    /// has not passed on will ever be read.
    pub editor_left: Option<Member>,
    /// How the writer fares.
    pub writer: WriterStats,
    /// How many times those were called who sleep until there is something to read:
    /// readers, observers and editors. One call wakes all that sleep at one place, and
    /// perhaps finds that the last of them is up already.
    pub reader_wakes: u64,
    /// Everybody but the writer: the editors in their order, and then readers and observers
    /// in the order in which they have joined. Who has joined or left meanwhile may be
    /// missing.
    pub members: Vec<MemberStats>,
}

/// How the writer fares; in [`Stats`].
///
/// A *stall* begins when the writer finds the ring full: fewer slots are free than it needs
/// at least. It ends when the writer next finds enough of them free; that is, a writer that
/// was refused and comes back a minute later was stalled for that minute. Waiting begins a
/// stall if the first look does.
///
/// The numbers are exact if it is the writer that asks. Anybody else may see them while a
/// stall begins or ends, and then find that one counted but not its time, or its time
/// twice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WriterStats {
    /// How many times it has found the ring full.
    pub stalls: u64,
    /// For how long it was stalled, all stalls taken together, also the present one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of"))]
    pub stalled: Duration,
    /// For how long the present stall has lasted; `None` if the ring was not full when the
    /// writer last looked.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of_some"))]
    pub stalled_now: Option<Duration>,
    /// How many times it has gone on without a reader that had held it up for too long: see
    /// [`evict_after`](crate::ReaderBuilder::evict_after).
    pub evictions: u64,
    /// How many times it went to sleep until the ring is no longer full.
    pub parks: u64,
    /// How many times it was called while it slept, or was about to. Also joining, leaving
    /// and eviction may call it, whether it sleeps or not.
    pub wakes: u64,
}

/// How a reader, an observer or an editor fares; in [`Stats`].
///
/// The counters are its own, and go up while they are read. Each is at most one batch or
/// one sleep out of date, and they may differ by that from each other and from the
/// position. They begin with 0 when it joins, also for a clone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MemberStats {
    /// Who it is.
    pub member: Member,
    /// Where it is: it is done with every event before this. What a batch that it holds has
    /// handed out and not yet committed counts as not done.
    pub position: Sequence,
    /// How many events it is behind the cursor; an editor, behind what has arrived there.
    /// Exact for that cursor and this position, of which the position was read first: it
    /// may be too large by what was published and read meanwhile.
    pub lag: u64,
    /// How many times it has looked and found events. What a limit has left behind is
    /// counted with the look that has found it.
    pub batches: u64,
    /// The most events that it has found at one look.
    pub largest_batch: u64,
    /// How many times it went to sleep until there is something to read.
    pub parks: u64,
    /// Whom it comes after, as was said with [`after`](crate::ReaderBuilder::after); an
    /// editor, the editor before it. Also those that have left meanwhile.
    pub after: Vec<Member>,
    /// Whether the writer may not overtake it. Not so for an observer between two looks,
    /// nor for a reader that was evicted or has come to the end of the stream because of
    /// another. Already out of date when it is read.
    pub gating: bool,
    /// For how long it has held the writer up where it is now; `None` if it does not. It
    /// does if the writer has found the ring full because of its position, where it still
    /// is, and waits for nobody else who is there: a reader that comes after another one at
    /// the same position is not to blame.
    ///
    /// That is what the writer saw when it last looked. It looks all the time while it
    /// waits, and not at all between two attempts that do not wait. In a ring where nobody was
    /// ever added who may be evicted, it does not tell readers at the same position apart: then
    /// one that has waited for another there counts that one's time as its own.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of_some"))]
    pub holding: Option<Duration>,
}

/// Who is furthest behind; from [`Ring::slowest`](crate::Ring::slowest),
/// [`Writer::slowest`](crate::Writer::slowest) or
/// [`Stats::slowest`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Slowest {
    /// Who it is.
    pub member: Member,
    /// Where it is: see [`MemberStats::position`].
    pub position: Sequence,
    /// How many events it is behind, at least one: see [`MemberStats::lag`].
    pub lag: u64,
    /// For how long it has held the writer up there; `None` if it does not: see
    /// [`MemberStats::holding`].
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::of_some"))]
    pub holding: Option<Duration>,
}

impl Stats {
    /// Returns who was furthest behind, of all who can hold the writer up; `None` if nobody
    /// was behind. If several were at the same position, it is one that waits for none of
    /// the others.
    ///
    /// # Examples
    ///
    /// See [`Ring::slowest`](crate::Ring::slowest).
    pub fn slowest(&self) -> Option<Slowest> {
        slowest(&self.members)
    }
}

/// Those who are behind and at this position, and wait for nobody else who is.
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

/// Returns who is furthest behind.
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
    /// Whether it can hold the writer up where it is.
    fn is_behind(&self) -> bool {
        self.gating && self.lag > 0
    }
}
