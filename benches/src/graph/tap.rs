//! What a debug tap costs those who do not look.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{Glimpse, Observer, Ring, TryReadError, Wait};

use super::way::{Outcome, Setting, Way};
use crate::cores::spawn;
use crate::event::Event;
use crate::subject::{Kind, Mode};
use crate::subjects::builder;
use crate::throughput::stream::{race, reading};

/// The reader's figure, and beside it how often somebody looked, also in vain; how many
/// events were seen; and how many of those that were published were not.
pub(super) const UNITS: &[&str] = &["M events/s", "looks/s", "M seen/s", "unseen, %"];

/// Who looks, and how often.
#[derive(Clone, Copy, Debug)]
enum Gaze {
    /// There is no observer.
    Nobody,
    /// There is one, and it never looks.
    Never,
    /// It sleeps for so long between two looks.
    Every(Duration),
    /// It looks again as soon as there is something new.
    Always,
    /// It is put on, looks once and is taken off, over and over.
    Churn,
}

/// Returns all of them. The observer's thread is not pinned: it takes its time from the
/// writer and the reader, unless there is a third core.
pub(super) fn ways() -> Vec<Way> {
    let gazes = [
        ("no observer", Gaze::Nobody),
        ("never looks", Gaze::Never),
        ("looks every ms", Gaze::Every(Duration::from_millis(1))),
        ("looks every 100 µs", Gaze::Every(Duration::from_micros(100))),
        ("looks all the time", Gaze::Always),
        ("put on and taken off", Gaze::Churn),
    ];
    let way = |(name, gaze)| Way {
        name,
        kind: Kind::Broadcast,
        modes: &[Mode::Spin],
        race: Arc::new(move |setting, count| tap(setting, count, gaze)),
    };
    gazes.into_iter().map(way).collect()
}

/// One writer and one reader, and perhaps an observer beside them.
fn tap(setting: &Setting, count: u64, gaze: Gaze) -> Outcome {
    let (writer, ring) = builder(setting.capacity, setting.mode).build(|| [0; 1]);
    let reader = ring.subscribe().expect("a gate is free");
    let join = || ring.reader().wait(Wait::YIELD).observe().expect("a gate is free");
    let mut idle = None;
    // They end with the stream.
    let observer = match gaze {
        Gaze::Nobody => None,
        Gaze::Never => {
            idle = Some(join());
            None
        }
        Gaze::Every(pause) => {
            let tap = join();
            Some(spawn("observer", None, move || watch(tap, Some(pause), count)))
        }
        Gaze::Always => {
            let tap = join();
            Some(spawn("observer", None, move || watch(tap, None, count)))
        }
        Gaze::Churn => {
            let ring = ring.clone();
            Some(spawn("observer", None, move || come_and_go(&ring)))
        }
    };
    let readers = vec![reading::<_, 1>("broadring", reader)];
    let took = race::<_, 1>(writer, readers, &setting.places, setting.batch, count);
    drop(idle);
    let seen = observer.map(|thread| thread.join().expect("the observer ends")).unwrap_or_default();
    let (looks, events) = (seen.looks as f64, seen.events as f64);
    let seconds = took.as_secs_f64();
    let unseen = 100.0 * (1.0 - events / count as f64);
    Outcome { took, beside: vec![looks / seconds, events / seconds / 1e6, unseen] }
}

/// What an observer has seen.
#[derive(Debug, Default)]
struct Seen {
    looks: u64,
    events: u64,
    missed: u64,
}

impl Seen {
    /// Reads every event, and checks that each is the one that it is said to be.
    fn note(&mut self, glimpse: &Glimpse<'_, Event<1>>) {
        let mut wrong = 0;
        for (sequence, event) in glimpse {
            wrong |= event[0] ^ sequence.get();
        }
        assert_eq!(wrong, 0, "the observer saw another event than it was told");
        self.events += glimpse.len() as u64;
        self.missed += glimpse.missed();
    }
}

/// Looks until the stream ends, and checks that it was told of every event.
fn watch(mut tap: Observer<Event<1>>, pause: Option<Duration>, count: u64) -> Seen {
    let mut seen = Seen::default();
    loop {
        let look = match pause {
            Some(pause) => {
                thread::sleep(pause);
                tap.look()
            }
            None => tap.wait_look().map_err(TryReadError::Ended),
        };
        seen.looks += 1;
        match look {
            Ok(glimpse) => seen.note(&glimpse),
            Err(TryReadError::Empty) => {}
            Err(TryReadError::Ended(_)) => break,
        }
    }
    assert_eq!(seen.events + seen.missed, count, "the observer lost count");
    seen
}

/// Comes, looks at what there is and goes, until the stream ends.
fn come_and_go(ring: &Ring<Event<1>>) -> Seen {
    let mut seen = Seen::default();
    loop {
        let mut tap = ring.observe().expect("a gate is free");
        seen.looks += 1;
        match tap.look() {
            Ok(glimpse) => seen.note(&glimpse),
            Err(TryReadError::Empty) => thread::yield_now(),
            Err(TryReadError::Ended(_)) => return seen,
        }
    }
}
