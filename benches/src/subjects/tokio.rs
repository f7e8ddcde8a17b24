//! tokio's broadcast channel, so used that nothing is lost.

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{self, Receiver as TokioReceiver, Sender as TokioSender};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// The channel overwrites what was not read, so the only sender looks at `len` and
/// waits while it is full. What it has seen to be free stays free, so it looks again
/// only when that is used up. There is no way to wait for room: in [`Mode::Park`] the
/// sender polls like in [`Mode::Yield`], and only the readers sleep, in `blocking_recv`.
#[derive(Debug)]
pub struct TokioBroadcast;

/// The sending end.
#[derive(Debug)]
pub struct TokioEnd<const WORDS: usize> {
    sender: TokioSender<Event<WORDS>>,
    mode: Mode,
    capacity: usize,
    /// How many slots are free at least.
    room: usize,
}

impl Subject for TokioBroadcast {
    const NAME: &'static str = "tokio broadcast";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = TokioEnd<WORDS>;
    type Receiver<const WORDS: usize> = End<TokioReceiver<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let channel = TokioSender::new(capacity);
        let sender = TokioEnd { sender: channel.clone(), mode, capacity, room: capacity };
        let join = move || End { inner: channel.subscribe(), mode };
        let receivers = (0..readers).map(|_| join()).collect();
        Link { sender, receivers, join: Some(Box::new(join)) }
    }
}

impl<const WORDS: usize> TokioEnd<WORDS> {
    fn wait_for_room(&mut self) {
        let mode = match self.mode {
            Mode::Park => Mode::Yield,
            mode => mode,
        };
        self.room = poll(mode, || match self.capacity - self.sender.len() {
            0 => None,
            room => Some(room),
        });
    }
}

impl<const WORDS: usize> Sender<WORDS> for TokioEnd<WORDS> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        if self.room == 0 {
            self.wait_for_room();
        }
        self.room -= 1;
        // The error is that there is no reader, and so nobody to miss it.
        let _: Result<usize, broadcast::error::SendError<_>> = self.sender.send(event(number));
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<TokioReceiver<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        match self.mode {
            Mode::Park => match self.inner.blocking_recv() {
                Ok(event) => event,
                Err(RecvError::Lagged(missed)) => panic!("{missed} events were lost"),
                Err(RecvError::Closed) => panic!("the sender is there"),
            },
            mode => poll(mode, || match self.inner.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Lagged(missed)) => panic!("{missed} events were lost"),
                Err(TryRecvError::Closed) => panic!("the sender is there"),
            }),
        }
    }
}
