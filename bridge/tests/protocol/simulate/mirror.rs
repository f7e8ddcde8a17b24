//! Mirrors, which read the stream in some steps, get messages twice, and begin anew where they have ended.

use broadring_jetstream::protocol::Chain;
use fastrand::Rng;

use super::server::Server;

/// A mirror, and the digest of what it has read.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    chain: Chain,
    /// The sequence of its next event.
    next: u64,
    pub(super) digest: u64,
    pub(super) restarts: u64,
    pub(super) repetitions: u64,
}

/// Adds an event to a digest.
pub(super) fn add(digest: u64, sequence: u64, (by, epoch): (u8, u64)) -> u64 {
    [sequence, by.into(), epoch].into_iter().fold(digest, |digest, word| {
        (digest ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}

impl Mirror {
    /// Whether it has everything.
    pub(super) fn is_at_the_end(&self, server: &Server) -> bool {
        self.chain.place() == server.log.0.len() as u64
    }

    /// Begins anew, with what its ring has.
    pub(super) fn restart(&mut self) {
        self.restarts += 1;
        self.chain = Chain::new();
    }

    /// Reads some messages.
    pub(super) fn read(&mut self, server: &Server, rng: &mut Rng) -> Result<(), String> {
        let place = match self.chain.place() {
            // The last message that begins at its next event or before, as it finds it out by bisection.
            0 => server.log.0.partition_point(|message| message.first <= self.next),
            // Some are sent again, because nobody knows whether they have arrived.
            place => (place as usize + 1).saturating_sub(rng.usize(0..3)),
        };
        let from = place.max(1);
        let to = (from + rng.usize(1..6)).min(server.log.0.len() + 1);
        for place in from..to {
            let message = server.log.0[place - 1];
            if place as u64 <= self.chain.place() {
                self.repetitions += 1;
                continue;
            }
            if self.chain.place() == 0 && message.first > self.next {
                return Err(format!("a mirror has {} and begins with {message}", self.next));
            }
            let link = message.link();
            self.chain.follow(place as u64, link).map_err(|error| error.to_string())?;
            for sequence in self.next.max(message.first)..message.end {
                if sequence != self.next {
                    return Err(format!("a mirror has {} and gets {sequence}", self.next));
                }
                self.digest = add(self.digest, sequence, (message.by, message.id.epoch()));
                self.next += 1;
            }
        }
        Ok(())
    }
}
