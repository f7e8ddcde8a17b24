//! What a reader keeps beside its handle: the tally, the order in a graph, and its post.

use std::sync::Arc;

use broadring::{End, Reader, Sequence, Upstream};

use super::track::Track;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;
use crate::soak::tally::Tally;

/// The books of a reader.
pub(in crate::soak) struct Account<P> {
    pub(in crate::soak) round: Arc<Round<P>>,
    pub(in crate::soak) post: Arc<Post>,
    tally: Tally,
    track: Arc<Track>,
    evictable: bool,
    /// Where it has joined, or joined again. That may be ahead of those that it comes after.
    joined: u64,
    /// How many of the events are in the totals.
    told: u64,
}

impl<P: Payload> Account<P> {
    /// Opens the account of a reader that comes after these.
    pub(in crate::soak) fn open(
        round: &Arc<Round<P>>,
        post: &Arc<Post>,
        reader: &Reader<P>,
        upstreams: Vec<Arc<Track>>,
    ) -> Self {
        let (round, post) = (Arc::clone(round), Arc::clone(post));
        let position = reader.position().get();
        let track = Track::begin(reader.member(), position, upstreams);
        let tally = Tally::at(round.law, position);
        Self { round, post, tally, track, evictable: false, joined: position, told: 0 }
    }

    /// Notes that the reader may be evicted.
    pub(in crate::soak) fn evictable(mut self) -> Self {
        self.evictable = true;
        self.leaves();
        self
    }

    /// Clones the reader, and opens the account of the clone, which goes on where this one is.
    pub(in crate::soak) fn clone_with(&self, reader: &Reader<P>) -> (Reader<P>, Self) {
        let Self { post, .. } = self;
        post.doing("clones itself");
        let clone = reader.try_clone().unwrap_or_else(|error| post.blame(error.to_string()));
        post.run.totals.clones.add(1);
        let at = clone.position().get();
        post.check(at == self.next(), || format!("the clone is at {at}, not {}", self.next()));
        let account = Self::open(&self.round, post, &clone, self.track.upstreams().to_vec());
        let account = if self.evictable { account.evictable() } else { account };
        (clone, account)
    }

    pub(in crate::soak) fn track(&self) -> &Arc<Track> {
        &self.track
    }

    pub(in crate::soak) fn next(&self) -> u64 {
        self.tally.next()
    }

    pub(in crate::soak) fn first(&self) -> u64 {
        self.tally.first()
    }

    /// Closes the account, and opens one for a clone, which goes on in place of the reader.
    pub(in crate::soak) fn goes_on_as_clone(&mut self, reader: &mut Reader<P>) {
        let (clone, account) = self.clone_with(reader);
        self.close();
        (*reader, *self) = (clone, account);
    }

    /// Gives the account to another worker.
    pub(in crate::soak) fn moved_to(mut self, post: &Arc<Post>) -> Self {
        self.post = Arc::clone(post);
        self
    }

    /// Books an event.
    pub(in crate::soak) fn see(&mut self, sequence: Sequence, event: &P) {
        let sequence = sequence.get();
        self.post.must(self.track.check(sequence));
        let seen = self.tally.see(sequence, event);
        self.post.must(seen);
        self.post.step();
    }

    /// Books the event that is due.
    pub(in crate::soak) fn see_next(&mut self, event: &P) {
        self.see(Sequence::new(self.next()), event);
    }

    /// Lets others come after the reader, wherever it is.
    pub(in crate::soak) fn offer(&self, upstream: impl Into<Upstream<P>>) {
        self.round.offers.add(upstream.into(), Arc::clone(&self.track));
    }

    /// Announces that everything below may be committed from now on.
    pub(in crate::soak) fn release(&self, end: u64) {
        self.track.release(end);
    }

    /// Books that the events from there on come again.
    pub(in crate::soak) fn comes_again(&mut self, from: Sequence) {
        let again = self.tally.comes_again(from.get());
        self.post.must(again);
    }

    /// Announces that the reader may leave from now on.
    pub(in crate::soak) fn leaves(&self) {
        self.track.leaves();
    }

    /// Skips to the next event to be published.
    pub(in crate::soak) fn rejoin(&mut self, reader: &mut Reader<P>) {
        // How far it will skip is not known before, and what is skipped counts as committed.
        self.release(u64::MAX);
        match reader.rejoin() {
            Ok(missed) => self.tally.miss(missed),
            Err(error) => self.post.blame(error.to_string()),
        }
        self.joined = self.next();
        self.release(self.joined);
    }

    /// Checks that the handle is where the account is.
    pub(in crate::soak) fn agree(&self, reader: &Reader<P>) {
        let (position, next) = (reader.position().get(), self.next());
        self.post.check(position == next, || format!("is at {position}, where {next} is due"));
        let (lag, capacity) = (reader.lag(), reader.capacity() as u64);
        // A reader that was evicted, or whose stream has ended, may be any number of events behind.
        let bounded = !self.evictable && self.track.upstreams().is_empty();
        self.post.check(!bounded || lag <= capacity, || format!("is {lag} events behind"));
    }

    /// Checks how the stream has ended for this reader.
    pub(in crate::soak) fn check_end(&self, end: &End) {
        let (next, joined) = (self.next(), self.joined);
        let checked = match end {
            End::UpstreamLeft(left) if self.track.may_be_left_by(left.member()) => {
                let at = left.position().get().max(joined);
                if at == next { Ok(()) } else { Err(format!("is at {next}, but: {end}")) }
            }
            End::Evicted(evicted) if self.evictable => {
                let at = evicted.position().get();
                if at == next { Ok(()) } else { Err(format!("is at {next}, but: {end}")) }
            }
            _ => self.round.check_end(end, next, joined),
        };
        self.post.must(checked);
    }

    /// Adds what was read since the last time to the totals.
    pub(in crate::soak) fn tell(&mut self) {
        let seen = self.tally.seen();
        self.post.run.totals.read.add(seen.saturating_sub(self.told));
        self.told = self.told.max(seen);
    }

    /// Closes the account, where the reader stands.
    pub(in crate::soak) fn close(&mut self) {
        self.tell();
        self.post.must(self.tally.check(self.next()));
    }
}
