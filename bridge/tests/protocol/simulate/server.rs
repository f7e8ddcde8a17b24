//! A server as it really answers: it remembers ids for a while, has messages in process, and may be asked for the last
//! message when it has fallen behind.

use broadring_jetstream::protocol::{Chain, Last, MessageId};

use super::super::world::{Log, Message, Order, publish};

/// A stream at its server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) log: Log,
    order: Order,
    /// How many places a claim takes.
    places: u64,
    /// The ids that it remembers.
    remembered: Vec<MessageId>,
    /// The ids of which a copy is in process.
    in_process: Vec<MessageId>,
    chain: Chain,
    /// For each event: who has given it, in which epoch.
    pub(super) events: Vec<(u8, u64)>,
    pub(super) counts: Counts,
}

/// What has happened at it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) accepted: u64,
    pub(super) refused: u64,
    /// Frames that were refused because their writer was deposed.
    pub(super) stale: u64,
    pub(super) repetitions_acknowledged: u64,
    pub(super) repetitions_refused: u64,
    pub(super) in_process: u64,
    pub(super) claims: u64,
}

/// What a server does with a message that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is in process, to be accepted or refused later.
    InProcess,
    /// It is refused, because another copy is in process.
    Refused,
}

impl Server {
    pub(super) fn new(order: Order, places: u64) -> Self {
        Self {
            log: Log::default(),
            order,
            places,
            remembered: Vec::new(),
            in_process: Vec::new(),
            chain: Chain::new(),
            events: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Takes a message into process.
    pub(super) fn arrive(&mut self, message: &Message) -> Arrival {
        if self.order == Order::IdFirst && self.in_process.contains(&message.id) {
            self.counts.in_process += 1;
            return Arrival::Refused;
        }
        self.in_process.push(message.id);
        Arrival::InProcess
    }

    /// Accepts a message or refuses it, and says whether it is acknowledged; or says what is wrong with the stream now.
    pub(super) fn process(&mut self, message: Message) -> Result<bool, String> {
        if let Some(at) = self.in_process.iter().position(|&id| id == message.id) {
            self.in_process.swap_remove(at);
        }
        let before = self.log.newest();
        let all = self.log.0.len();
        let remembers = self.remembered.contains(&message.id);
        let acknowledged = publish(&mut self.log, self.order, remembers, self.places, message);
        let accepted = self.log.0.len() > all;
        let repeated = !accepted && self.log.has(message.id);
        let epoch = before.map_or(0, |last| last.id.epoch());
        let counts = &mut self.counts;
        counts.accepted += u64::from(accepted);
        counts.refused += u64::from(!acknowledged);
        counts.stale += u64::from(!acknowledged && !repeated && message.id.epoch() < epoch);
        counts.repetitions_acknowledged += u64::from(acknowledged && repeated);
        counts.repetitions_refused += u64::from(!acknowledged && repeated);
        if accepted {
            for index in all..self.log.0.len() {
                self.remembered.push(self.log.0[index].id);
                self.note(index)?;
            }
        }
        Ok(acknowledged)
    }

    /// Checks that a message that was accepted belongs where it is.
    fn note(&mut self, index: usize) -> Result<(), String> {
        let message = self.log.0[index];
        let before = self.chain.last();
        self.chain.follow(index as u64 + 1, message.link()).map_err(|error| error.to_string())?;
        if let MessageId::Claim { epoch, .. } = message.id {
            self.counts.claims += 1;
            if epoch != before.map_or(0, |last| last.id.epoch()) + 1 {
                return Err(format!("epoch {epoch} comes after {before:?}"));
            }
        } else {
            // The claim of its epoch is of the same writer.
            let claims = self.log.0[..index].iter().rev();
            let claim = claims.copied().find(|sent| matches!(sent.id, MessageId::Claim { .. }));
            if claim.map(|claim| (claim.by, claim.id.epoch()))
                != Some((message.by, message.id.epoch()))
            {
                return Err(format!("{message} comes after {claim:?}"));
            }
        }
        let event = (message.by, message.id.epoch());
        self.events.extend((message.first..message.end).map(|_| event));
        Ok(())
    }

    /// The last message that a server knows that has seen so many.
    pub(super) fn last(&self, seen: usize) -> Option<Last> {
        self.log.last(seen)
    }

    /// Forgets all ids, as when their time is over.
    pub(super) fn forget(&mut self) {
        self.remembered.clear();
    }
}
