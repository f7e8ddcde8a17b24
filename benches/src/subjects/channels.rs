//! A bounded channel for each reader, for libraries whose channels have the same methods.

/// Defines a subject: its name, the module that it is in, and what there makes a channel
/// of a capacity and sends into it.
macro_rules! channel_for_each_reader {
    ($(#[$doc:meta])* $subject:ident: $name:literal, $module:ident, $make:ident, $send:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $subject;

        impl Subject for $subject {
            const NAME: &'static str = $name;
            const KIND: Kind = Kind::QueuePerReader;
            const MODES: &'static [Mode] = &Mode::ALL;
            type Sender<const WORDS: usize> = End<Vec<$module::$send<Event<WORDS>>>>;
            type Receiver<const WORDS: usize> = End<$module::Receiver<Event<WORDS>>>;

            fn open<const WORDS: usize>(
                capacity: usize,
                readers: usize,
                mode: Mode,
            ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
                let (senders, receivers): (Vec<_>, Vec<_>) =
                    (0..readers).map(|_| $module::$make(capacity)).unzip();
                let receivers = receivers.into_iter().map(|inner| End { inner, mode }).collect();
                Link { sender: End { inner: senders, mode }, receivers, join: None }
            }
        }

        impl<const WORDS: usize> Sender<WORDS> for End<Vec<$module::$send<Event<WORDS>>>> {
            #[inline(always)]
            fn send(&mut self, number: u64) {
                let event = event(number);
                // What is disconnected is a reader that has left.
                self.inner.retain(|channel| match self.mode {
                    Mode::Park => channel.send(event).is_ok(),
                    mode => poll(mode, || match channel.try_send(event) {
                        Ok(()) => Some(true),
                        Err($module::TrySendError::Full(_)) => None,
                        Err($module::TrySendError::Disconnected(_)) => Some(false),
                    }),
                });
            }
        }

        impl<const WORDS: usize> Receiver<WORDS> for End<$module::Receiver<Event<WORDS>>> {
            #[inline(always)]
            fn receive(&mut self) -> Event<WORDS> {
                match self.mode {
                    Mode::Park => self.inner.recv().expect("the sender is there"),
                    mode => poll(mode, || match self.inner.try_recv() {
                        Ok(event) => Some(event),
                        Err($module::TryRecvError::Empty) => None,
                        Err($module::TryRecvError::Disconnected) => panic!("the sender is there"),
                    }),
                }
            }
        }
    };
}
pub(super) use channel_for_each_reader;
