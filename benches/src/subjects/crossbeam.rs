//! crossbeam-channel: a bounded channel for each reader.

use crossbeam_channel::{
    Receiver as ChannelReceiver, Sender as ChannelSender, TryRecvError, TrySendError, bounded,
};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// In [`Mode::Park`] its blocking calls, which spin for a moment first, else its trying
/// ones. Only the sender could add a channel, so no reader joins while it is at work.
#[derive(Debug)]
pub struct CrossbeamChannel;

impl Subject for CrossbeamChannel {
    const NAME: &'static str = "crossbeam-channel";
    const KIND: Kind = Kind::QueuePerReader;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = End<Vec<ChannelSender<Event<WORDS>>>>;
    type Receiver<const WORDS: usize> = End<ChannelReceiver<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..readers).map(|_| bounded(capacity)).unzip();
        let receivers = receivers.into_iter().map(|inner| End { inner, mode }).collect();
        Link { sender: End { inner: senders, mode }, receivers, join: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<Vec<ChannelSender<Event<WORDS>>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let event = event(number);
        // What is disconnected is a reader that has left.
        self.inner.retain(|channel| match self.mode {
            Mode::Park => channel.send(event).is_ok(),
            mode => poll(mode, || match channel.try_send(event) {
                Ok(()) => Some(true),
                Err(TrySendError::Full(_)) => None,
                Err(TrySendError::Disconnected(_)) => Some(false),
            }),
        });
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<ChannelReceiver<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        match self.mode {
            Mode::Park => self.inner.recv().expect("the sender is there"),
            mode => poll(mode, || match self.inner.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => panic!("the sender is there"),
            }),
        }
    }
}
