//! crossbeam-channel: a bounded channel to each reader, into which all producers send.

use crate::event::Event;
use crate::producers::way::{Feed, Load, Way};
use crate::subject::{Link, Mode, Subject};
use crate::subjects::{CrossbeamChannel, End};

/// A channel for each reader. Every producer has a sender for each of them. Two readers may get the
/// events of two producers in different orders.
#[derive(Debug)]
pub struct ChannelToEach;

impl Way for ChannelToEach {
    const NAME: &'static str = "crossbeam-channel, to each";
    const MODES: &'static [Mode] = super::WAITING;
    const AGREES: bool = false;
    type Sender<const WORDS: usize> = End<Vec<crossbeam_channel::Sender<Event<WORDS>>>>;
    type Receiver<const WORDS: usize> = End<crossbeam_channel::Receiver<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        _place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let Link { sender, receivers, .. } =
            CrossbeamChannel::open::<WORDS>(load.capacity, load.readers, mode);
        Feed { senders: vec![sender; load.producers], receivers, thread: None }
    }
}
