//! multiqueue2: a stream for each reader, which looks at the events where they lie.

use multiqueue2::wait::{BlockingWait, BusyWait, YieldingWait};
use multiqueue2::{BroadcastSender, BroadcastUniReceiver, broadcast_queue_with};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// The broadcast queue, with a stream of its own and one receiver for each reader, and
/// the queue's waiting for readers. A sender can only try: in [`Mode::Park`] it polls
/// like in [`Mode::Yield`].
///
/// A stream is made from one that exists, which has to be kept for that, and would hold
/// the sender back unless somebody read it; so no reader joins.
#[derive(Debug)]
pub struct Multiqueue2;

impl Subject for Multiqueue2 {
    const NAME: &'static str = "multiqueue2";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = End<BroadcastSender<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = BroadcastUniReceiver<Event<WORDS>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (sender, stream) = match mode {
            Mode::Spin => broadcast_queue_with(capacity as u64, BusyWait::new()),
            Mode::Yield => broadcast_queue_with(capacity as u64, YieldingWait::new()),
            Mode::Park => broadcast_queue_with(capacity as u64, BlockingWait::new()),
        };
        // The first time round, readers do not sleep but spin, whatever they were told: a
        // slot that was never written looks to them as if it had just been. So fill the
        // queue once before they come.
        for _ in 0..capacity.next_power_of_two() {
            sender.try_send([0; WORDS]).expect("it is empty");
            stream.try_recv().expect("it is not");
        }
        let single = |_| stream.add_stream().into_single().expect("nobody shares it");
        let receivers = (0..readers).map(single).collect();
        stream.unsubscribe();
        Link { sender: End { inner: sender, mode }, receivers, join: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<BroadcastSender<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let mode = match self.mode {
            Mode::Park => Mode::Yield,
            mode => mode,
        };
        poll(mode, || self.inner.try_send(event(number)).ok());
    }
}

impl<const WORDS: usize> Receiver<WORDS> for BroadcastUniReceiver<Event<WORDS>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        self.recv_view(|event| *event).ok().expect("the sender is there")
    }

    #[inline]
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        for _ in 0..count {
            self.recv_view(&mut see).ok().expect("the sender is there");
        }
    }
}
