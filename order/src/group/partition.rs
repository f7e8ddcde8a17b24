//! The side of the group of one partition: the committed position, which holds the writer back, and
//! the generation, which says whose commits count.

#![forbid(unsafe_code)]

use broadring::{Reader, Ring, Sequence, SubscribeError};

use crate::sync::{Mutex, lock, strong};

/// What a group keeps of a partition.
pub(super) struct Partition<E> {
    ring: Ring<E>,
    held: Mutex<Held<E>>,
}

struct Held<E> {
    /// At the committed position. It moves only by commits (G3).
    committed: Reader<E>,
    /// How often somebody has ceased to own the partition.
    generation: u64,
}

/// A reader of the new owner of a partition.
pub(super) struct Lent<E> {
    pub(super) reader: Reader<E>,
    /// What its commits must show.
    pub(super) generation: u64,
}

impl<E> Partition<E> {
    /// Takes a reader at the position from which the group begins.
    pub(super) fn new(ring: Ring<E>, committed: Reader<E>) -> Self {
        Self { ring, held: Mutex::new(Held { committed, generation: 0 }) }
    }

    /// Returns the ring.
    pub(super) fn ring(&self) -> &Ring<E> {
        &self.ring
    }

    /// Returns the committed position.
    pub(super) fn committed(&self) -> Sequence {
        lock(&self.held).committed.position()
    }

    /// Returns how many published events are not committed.
    pub(super) fn lag(&self) -> u64 {
        lock(&self.held).committed.lag()
    }

    /// Makes a reader at the committed position, for a new owner. There must be no other.
    pub(super) fn lend(&self) -> Result<Lent<E>, SubscribeError> {
        let held = lock(&self.held);
        let reader = if strong!("group.begin") {
            held.committed.try_clone()?
        } else {
            self.ring.subscribe()?
        };
        Ok(Lent { reader, generation: held.generation })
    }

    /// Ends what the owner may do (G2). Returns the committed position, which stays until there is a
    /// new owner.
    pub(super) fn fence(&self) -> Sequence {
        let mut held = lock(&self.held);
        if strong!("group.fence") {
            held.generation += 1;
        }
        held.committed.position()
    }

    /// Commits everything below `position`, if the generation is still the same.
    ///
    /// # Errors
    ///
    /// The committed position, if it is not.
    pub(super) fn commit(&self, generation: u64, position: Sequence) -> Result<(), Sequence> {
        let mut held = lock(&self.held);
        if held.generation != generation && strong!("group.generation") {
            return Err(held.committed.position());
        }
        held.advance(position);
        Ok(())
    }
}

impl<E> Held<E> {
    /// Moves the committed position forward: the writer goes no further than here.
    ///
    /// The owner has read everything below `position`. But a reader may see an event a moment before
    /// another reader can: the writer stores the cursor first, and then the stamp at which a reader
    /// looks. So this may have to wait until the writer has finished that publication.
    fn advance(&mut self, position: Sequence) {
        loop {
            let left = position.get().saturating_sub(self.committed.position().get());
            if left == 0 {
                return;
            }
            let left = if strong!("group.advance") { left as usize } else { usize::MAX };
            let batch = if !self.committed.is_empty() {
                self.committed.try_batch_up_to(left).ok()
            } else if strong!("group.catch_up") {
                self.committed.wait_batch_up_to(left).ok()
            } else {
                return;
            };
            match batch {
                Some(batch) => drop(batch), // which commits it
                None => {
                    unreachable!("the owner has read up to {position}, and the stream ends before")
                }
            }
        }
    }
}
