//! What everything that carries records is measured through.

use super::record::{Ledger, Lengths};
use crate::subject::Kind;

/// How much is to be carried, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The bytes of the ring.
    pub capacity: usize,
    /// Threads that read; each gets every record.
    pub readers: usize,
    /// How many records are sent at once.
    pub batch: usize,
    /// How long the records are.
    pub lengths: Lengths,
}

/// Something that carries records of bytes, at its best documented use. Its threads spin and yield.
pub trait Carrier: 'static {
    /// The name of the crate and what is used of it.
    const NAME: &'static str;
    /// What it is.
    const KIND: Kind;
    /// The end that sends.
    type Sender: Send + 'static;
    /// The end that reads.
    type Receiver: Send + 'static;

    /// Whether it can carry such a load.
    fn suits(load: &Load) -> bool;

    /// Makes one, with so many readers.
    fn open(load: &Load) -> (Self::Sender, Vec<Self::Receiver>);

    /// Sends the records of `count` numbers, from 0 on.
    fn send(sender: &mut Self::Sender, load: &Load, count: u64);

    /// Reads so many records.
    fn read(receiver: &mut Self::Receiver, load: &Load, count: u64) -> Ledger;
}

/// Something to be done with every carrier, whatever its types.
pub trait Visitor {
    /// Does it with this one.
    fn visit<C: Carrier>(&mut self);
}
