//! The ways to feed one ring from several threads, a file each.

mod alone;
mod batch_channel;
mod channel;
mod disruptor;
mod each_reader;
mod forwarder;
mod in_place;
mod locked;
mod merged;

pub use self::alone::Alone;
pub use self::batch_channel::BatchChannel;
pub use self::channel::Channel;
pub use self::disruptor::MultiDisruptor;
pub use self::each_reader::ChannelToEach;
pub use self::in_place::InPlace;
pub use self::locked::{Lock, Locked, LockedSender, ParkingLot, Std};
pub use self::merged::{Clocked, MergedRings, MergedSender};

use broadring::{Reader, Writer};
use broadring_order::clock::{Monotonic, Turns};

use super::way::{Load, Visitor};
use crate::event::Event;
use crate::subject::{Link, Mode, Subject};
use crate::subjects::Broadring;

/// How a ring of ours waits here: there are more threads than cores.
const WAITING: &[Mode] = &[Mode::Yield, Mode::Park];

/// Shows every way to the visitor, those through broadring first.
pub fn visit(visitor: &mut impl Visitor) {
    visitor.visit::<Alone>();
    visitor.visit::<Locked<Std>>();
    visitor.visit::<Locked<ParkingLot>>();
    visitor.visit::<InPlace>();
    visitor.visit::<Channel>();
    visitor.visit::<BatchChannel>();
    visitor.visit::<MergedRings<Monotonic>>();
    visitor.visit::<MergedRings<Turns>>();
    visitor.visit::<MultiDisruptor>();
    visitor.visit::<ChannelToEach>();
}

/// Builds a ring of ours as everywhere else.
fn ring<const WORDS: usize>(
    load: &Load,
    mode: Mode,
) -> (Writer<Event<WORDS>>, Vec<Reader<Event<WORDS>>>) {
    let Link { sender, receivers, .. } =
        Broadring::open::<WORDS>(load.capacity, load.readers, mode);
    (sender, receivers)
}
