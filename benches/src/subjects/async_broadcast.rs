//! async-broadcast, without a runtime: its blocking calls, or its trying ones.

use async_broadcast::{
    InactiveReceiver, Receiver as AsyncReceiver, Sender as AsyncSender, TryRecvError, TrySendError,
    broadcast,
};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// In [`Mode::Park`] `broadcast_blocking` and `recv_blocking`, else the trying calls.
/// An inactive receiver, which holds nobody back, makes those that join.
#[derive(Debug)]
pub struct AsyncBroadcast;

impl Subject for AsyncBroadcast {
    const NAME: &'static str = "async-broadcast";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = End<AsyncSender<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = End<AsyncReceiver<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (mut sender, receiver) = broadcast(capacity);
        // With no reader there is nobody to wait for, neither to read nor to come.
        sender.set_await_active(false);
        let inactive: InactiveReceiver<_> = receiver.deactivate();
        let join = move || End { inner: inactive.activate_cloned(), mode };
        let receivers = (0..readers).map(|_| join()).collect();
        Link { sender: End { inner: sender, mode }, receivers, join: Some(Box::new(join)) }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<AsyncSender<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        match self.mode {
            // The error is that there is no reader, and so nobody to miss it.
            Mode::Park => drop(self.inner.broadcast_blocking(event(number))),
            mode => poll(mode, || match self.inner.try_broadcast(event(number)) {
                Ok(_) | Err(TrySendError::Closed(_) | TrySendError::Inactive(_)) => Some(()),
                Err(TrySendError::Full(_)) => None,
            }),
        }
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<AsyncReceiver<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        match self.mode {
            Mode::Park => self.inner.recv_blocking().expect("the sender is there"),
            mode => poll(mode, || match self.inner.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Overflowed(missed)) => panic!("{missed} events were lost"),
                Err(TryRecvError::Closed) => panic!("the sender is there"),
            }),
        }
    }
}
