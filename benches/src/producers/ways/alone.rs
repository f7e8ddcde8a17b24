//! broadring as it is, for one producer: what all the other ways pay is seen against it.

use broadring::{Reader, Writer};

use super::{WAITING, ring};
use crate::event::Event;
use crate::producers::way::{Feed, Load, Way};
use crate::subject::Mode;

/// One producer that owns the writer.
#[derive(Debug)]
pub struct Alone;

impl Way for Alone {
    const NAME: &'static str = "broadring, no lock";
    const MODES: &'static [Mode] = WAITING;
    type Sender<const WORDS: usize> = Writer<Event<WORDS>>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn suits(load: &Load) -> bool {
        load.producers == 1
    }

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        _place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (writer, receivers) = ring(load, mode);
        Feed { senders: vec![writer], receivers, thread: None }
    }
}
