//! What a reader of records keeps beside its handle: the tally, the order in a graph, and its post.

use std::sync::Arc;

use broadring::{ByteReader, End, Sequence};

use super::stream::Records;
use super::tally::RecordTally;
use crate::soak::post::Post;
use crate::soak::reading::Track;

/// The books of a reader of records.
pub(in crate::soak) struct RecordAccount {
    pub(in crate::soak) post: Arc<Post>,
    records: Arc<Records>,
    tally: RecordTally,
    track: Arc<Track>,
    evictable: bool,
    /// Where it has joined, or joined again. That may be ahead of those that it comes after.
    joined: u64,
    /// How many of the records are in the totals.
    told: u64,
}

impl RecordAccount {
    /// Opens the account of a reader that comes after these.
    pub(in crate::soak) fn open(
        records: &Arc<Records>,
        post: &Arc<Post>,
        reader: &ByteReader,
        upstreams: Vec<Arc<Track>>,
    ) -> Self {
        let joined = reader.position().get();
        let track = Track::begin(reader.member(), joined, upstreams);
        let tally = RecordTally::at(records.law, reader.capacity() as u64, joined);
        let (records, post) = (Arc::clone(records), Arc::clone(post));
        Self { post, records, tally, track, evictable: false, joined, told: 0 }
    }

    /// Notes that the reader may be evicted.
    pub(super) fn evictable(mut self) -> Self {
        self.evictable = true;
        self.leaves();
        self
    }

    /// Opens the account of a clone, which goes on where this one is.
    pub(super) fn of_clone(&self, clone: &ByteReader) -> Self {
        let upstreams = self.track.upstreams().to_vec();
        let mut account = Self::open(&self.records, &self.post, clone, upstreams);
        account.joined = self.joined;
        account.told = self.told;
        account.tally = self.tally.clone();
        account.agree(clone);
        if self.evictable { account.evictable() } else { account }
    }

    pub(super) fn track(&self) -> &Arc<Track> {
        &self.track
    }

    /// Gives the account to another worker.
    pub(super) fn moved_to(mut self, post: &Arc<Post>) -> Self {
        self.post = Arc::clone(post);
        self
    }

    /// Books a record.
    pub(super) fn see(&mut self, position: Sequence, record: &[u8]) {
        self.post.must(self.track.check(position.get()));
        let aligned = record.as_ptr().addr().is_multiple_of(8);
        self.post.check(aligned, || format!("the record at {position} is not aligned"));
        let seen = self.tally.see(position.get(), record);
        self.post.must(seen);
        self.post.step();
    }

    /// Returns how many records were seen.
    pub(super) fn seen(&self) -> u64 {
        self.tally.seen()
    }

    /// Announces that everything that was seen may be committed from now on.
    pub(super) fn release(&self) {
        self.track.release(self.tally.next());
    }

    /// Returns a copy of the tally, for records that will come again.
    pub(super) fn mark(&self) -> RecordTally {
        self.tally.clone()
    }

    /// Books that what was seen since then comes again.
    pub(super) fn comes_again(&mut self, mark: RecordTally) {
        self.tally = mark;
    }

    /// Announces that the reader may leave from now on.
    pub(in crate::soak) fn leaves(&self) {
        self.track.leaves();
    }

    /// Skips to the next record to be published.
    pub(super) fn rejoin(&mut self, reader: &mut ByteReader) {
        // How far it will skip is not known before, and what is skipped counts as committed.
        self.track.release(u64::MAX);
        match reader.rejoin() {
            Ok(missed) => self.tally.miss(missed),
            Err(error) => self.post.blame(error.to_string()),
        }
        self.joined = self.tally.next();
        self.release();
        self.agree(reader);
    }

    /// Checks that the handle is where the account is.
    pub(super) fn agree(&self, reader: &ByteReader) {
        let (position, next) = (reader.position().get(), self.tally.next());
        self.post.check(position == next, || format!("is at {position}, where {next} is due"));
        let (lag, capacity) = (reader.lag(), reader.capacity() as u64);
        // A reader that was evicted, or whose stream has ended, may be any number of bytes behind.
        let bounded = !self.evictable && self.track.upstreams().is_empty();
        self.post.check(!bounded || lag <= capacity, || format!("is {lag} bytes behind"));
    }

    /// Checks how the stream has ended for this reader.
    pub(super) fn check_end(&mut self, end: &End) {
        let next = self.tally.next();
        let there = |at: Sequence, joined: u64| {
            let at = at.get().max(joined);
            if at == next { Ok(()) } else { Err(format!("is at {next}, but: {end}")) }
        };
        let checked = match end {
            End::Closed => self.tally.check_end(self.records.end(), self.records.count()),
            End::UpstreamLeft(left) if self.track.may_be_left_by(left.member()) => {
                there(left.position(), self.joined)
            }
            End::Evicted(evicted) if self.evictable => there(evicted.position(), 0),
            _ => Err(format!("the stream must not end like this: {end}")),
        };
        self.post.must(checked);
    }

    /// Adds what was read since the last time to the totals.
    pub(super) fn tell(&mut self) {
        let seen = self.seen();
        self.post.run.totals.records_read.add(seen.saturating_sub(self.told));
        self.told = self.told.max(seen);
    }
}
