//! What is measured: each scenario, its unit, and who takes part in it.

use std::time::Duration;

use crate::cores::Places;
use crate::harness::Selection;
use crate::subject::{Kind, Mode, Subject, Visitor};
use crate::subjects;
use crate::throughput::contest::{Contestant, Heading};
use crate::throughput::{churn, idle, one_thread, ping_pong, stream, wake_up};

/// One thing that every subject does in turn.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    shape: Shape,
    words: usize,
    modes: &'static [Mode],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    OneThread,
    Stream { readers: usize, batch: usize },
    PingPong,
    WakeUp,
    Idle,
    Churn,
}

const SPINNING: &[Mode] = &[Mode::Spin];
const WAITING: &[Mode] = &[Mode::Yield, Mode::Park];
const PARKED: &[Mode] = &[Mode::Park];

/// Returns all scenarios, in the order in which they are run.
pub(super) fn all() -> Vec<Scenario> {
    let mut all = vec![Scenario { shape: Shape::OneThread, words: 1, modes: SPINNING }];
    for words in [1, 8, 32] {
        for batch in [1, 16, 128] {
            let shape = Shape::Stream { readers: 1, batch };
            all.push(Scenario { shape, words, modes: SPINNING });
        }
    }
    all.push(Scenario { shape: Shape::PingPong, words: 1, modes: SPINNING });
    for readers in [2, 3, 7] {
        for modes in [SPINNING, WAITING] {
            let shape = Shape::Stream { readers, batch: 1 };
            all.push(Scenario { shape, words: 1, modes });
        }
    }
    all.push(Scenario { shape: Shape::WakeUp, words: 1, modes: PARKED });
    all.push(Scenario { shape: Shape::Idle, words: 1, modes: PARKED });
    all.push(Scenario { shape: Shape::Churn, words: 1, modes: WAITING });
    all
}

impl Scenario {
    /// Returns the name that it is asked for by.
    pub(super) fn name(&self) -> String {
        let bytes = self.words * 8;
        match self.shape {
            Shape::OneThread => "one-thread".to_owned(),
            Shape::Stream { readers: 1, batch: 1 } => format!("unicast-{bytes}B"),
            Shape::Stream { readers: 1, batch } => format!("unicast-{bytes}B-by-{batch}"),
            Shape::Stream { readers, .. } if self.modes == SPINNING => {
                format!("multicast-{readers}-spinning")
            }
            Shape::Stream { readers, .. } => format!("multicast-{readers}-waiting"),
            Shape::PingPong => "ping-pong".to_owned(),
            Shape::WakeUp => "wake-up".to_owned(),
            Shape::Idle => "idle".to_owned(),
            Shape::Churn => "churn".to_owned(),
        }
    }

    /// Says what happens in it.
    pub(super) fn what(&self) -> String {
        let bytes = self.words * 8;
        match self.shape {
            Shape::OneThread => "one thread publishes an event, then receives it".to_owned(),
            Shape::Stream { readers, batch } => {
                let to = if readers == 1 { "reader" } else { "readers" };
                let how = match batch {
                    1 => "one at a time".to_owned(),
                    batch => format!("in batches of {batch}"),
                };
                let waiting = match self.modes {
                    SPINNING => "spinning",
                    _ => "yielding or parking",
                };
                format!("one writer, {readers} {to}, events of {bytes} bytes {how}, {waiting}")
            }
            Shape::PingPong => "an event there, and an event back".to_owned(),
            Shape::WakeUp => "a parked reader gets an event every 300 µs: from send to receipt".to_owned(),
            Shape::Idle => "three readers wait, and nothing comes: CPU time".to_owned(),
            Shape::Churn => {
                "one writer, one reader, and a second that joins, reads 64 events and leaves, over and over"
                    .to_owned()
            }
        }
    }

    /// Returns what its tables and files say about it.
    pub(super) fn heading(&self) -> Heading {
        let (name, what, units) = (self.name(), self.what(), self.units());
        Heading { name, what, units, more_is_better: self.more_is_better() }
    }

    fn units(&self) -> &'static [&'static str] {
        match self.shape {
            Shape::OneThread => &["ns/event"],
            Shape::Stream { .. } => &["M events/s"],
            Shape::PingPong => &["ns/round trip"],
            Shape::WakeUp => &["µs, p50", "µs, p99"],
            Shape::Idle => &["% of a core"],
            Shape::Churn => &["M events/s", "k joins/s"],
        }
    }

    fn more_is_better(&self) -> bool {
        matches!(self.shape, Shape::Stream { .. } | Shape::Churn)
    }

    /// Returns how many cores it needs: two where a core each is what it is about.
    pub(super) fn cores(&self) -> usize {
        match self.shape {
            Shape::Stream { readers: 1, .. } | Shape::PingPong => 2,
            _ => 1,
        }
    }

    /// Returns who takes part: every subject that can, in each of its modes.
    pub(super) fn contestants(
        &self,
        places: &Places,
        capacity: usize,
        selection: &Selection,
    ) -> Vec<Contestant> {
        let mut casting = Casting { scenario: self, places, capacity, selection, cast: Vec::new() };
        subjects::visit(&mut casting);
        casting.cast
    }

    fn is_for<S: Subject>(&self) -> bool {
        match (S::KIND, self.shape) {
            (Kind::Broadcast | Kind::QueuePerReader, _) => true,
            (Kind::OneToOne, Shape::Stream { readers, .. }) => readers == 1,
            (Kind::OneToOne, shape) => !matches!(shape, Shape::Idle | Shape::Churn),
            (Kind::Limit, shape) => shape == Shape::PingPong,
            (Kind::Yardstick, shape) => matches!(shape, Shape::Stream { readers: 1, .. }),
        }
    }

    fn contestant<S: Subject, const WORDS: usize>(
        &self,
        mode: Mode,
        places: &Places,
        capacity: usize,
    ) -> Option<Contestant> {
        let places = places.clone();
        let turn: Box<dyn FnMut(Duration) -> Vec<f64>> = match self.shape {
            Shape::OneThread => Box::new(one_thread::turns::<S, WORDS>(places, capacity, mode)),
            Shape::Stream { readers, batch } => {
                Box::new(stream::turns::<S, WORDS>(places, capacity, mode, readers, batch))
            }
            Shape::PingPong => Box::new(ping_pong::turns::<S, WORDS>(places, capacity, mode)),
            Shape::WakeUp => Box::new(wake_up::turns::<S, WORDS>(places, capacity, mode)),
            Shape::Idle => Box::new(idle::turns::<S, WORDS>(capacity, mode)),
            Shape::Churn => Box::new(churn::turns::<S, WORDS>(capacity, mode)?),
        };
        Some(Contestant { subject: S::NAME, kind: S::KIND, mode, turn })
    }
}

struct Casting<'a> {
    scenario: &'a Scenario,
    places: &'a Places,
    capacity: usize,
    selection: &'a Selection,
    cast: Vec<Contestant>,
}

impl Visitor for Casting<'_> {
    fn visit<S: Subject>(&mut self) {
        let Self { scenario, places, capacity, selection, cast } = self;
        if !selection.takes::<S>() || !scenario.is_for::<S>() {
            return;
        }
        for mode in scenario.modes.iter().filter(|mode| S::MODES.contains(mode)) {
            cast.extend(match scenario.words {
                1 => scenario.contestant::<S, 1>(*mode, places, *capacity),
                8 => scenario.contestant::<S, 8>(*mode, places, *capacity),
                32 => scenario.contestant::<S, 32>(*mode, places, *capacity),
                words => unreachable!("there is no scenario with {words} words"),
            });
        }
    }
}
