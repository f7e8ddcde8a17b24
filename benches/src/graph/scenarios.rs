//! What is measured, and the ways to do it.

use std::time::Duration;

use super::way::{Setting, Way};
use super::{dependent, editors, evictable, tap};
use crate::cores::Places;
use crate::harness::is_chosen;
use crate::throughput::contest::{Contestant, Heading};
use crate::throughput::stream::Pace;

/// One thing that is done in several ways, by turns.
#[derive(Debug)]
pub struct Scenario {
    /// The name that it is asked for by.
    pub name: String,
    /// What happens in it.
    pub what: String,
    /// How many events the writer sends at once.
    pub batch: usize,
    /// How many cores it needs: two where the writer and the reader spin.
    pub cores: usize,
    units: &'static [&'static str],
    /// The ways to do it.
    pub ways: Vec<Way>,
}

/// Returns all scenarios, in the order in which they are run.
pub fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    for batch in [1, 16] {
        let what = "one writer, one reader, a core each, and perhaps an observer beside them";
        all.push(pinned("tap", what, batch, tap::UNITS, tap::ways()));
    }
    all.extend(waiting::<1>());
    all.extend(waiting::<8>());
    for batch in [1, 16] {
        let what = "one writer, and one reader that may be evicted or not, a core each";
        all.push(pinned("evictable", what, batch, UNITS, evictable::ways()));
    }
    all
}

const UNITS: &[&str] = &["M events/s"];

/// Those with a core for each thread, and events of 8 bytes.
fn pinned(
    name: &str,
    what: &str,
    batch: usize,
    units: &'static [&'static str],
    ways: Vec<Way>,
) -> Scenario {
    let (suffix, how) = match batch {
        1 => (String::new(), "one at a time".to_owned()),
        batch => (format!("-by-{batch}"), format!("in batches of {batch}")),
    };
    let name = format!("{name}-8B{suffix}");
    let what = format!("{what}; events of 8 bytes {how}, spinning");
    Scenario { name, what, batch, cores: 2, units, ways }
}

/// Those with more threads than cores.
fn waiting<const WORDS: usize>() -> [Scenario; 3] {
    let bytes = WORDS * 8;
    let scenario = |name: &str, what: &str, ways| Scenario {
        name: format!("{name}-{bytes}B"),
        what: format!("{what}; events of {bytes} bytes one at a time, yielding or parking"),
        batch: 1,
        cores: 1,
        units: UNITS,
        ways,
    };
    [
        scenario("pipeline", "writer → A → B → C", dependent::pipelines::<WORDS>()),
        scenario("diamond", "writer → (A, B) → C", dependent::diamonds::<WORDS>()),
        scenario("editors", "writer → editor → editor → reader", editors::ways::<WORDS>()),
    ]
}

impl Scenario {
    /// Returns what its tables and files say about it.
    pub(super) fn heading(&self) -> Heading {
        let (name, what) = (self.name.clone(), self.what.clone());
        Heading { name, what, units: self.units, more_is_better: true }
    }

    /// Returns who takes part: every way that was chosen, in each of its modes.
    pub(super) fn contestants(
        &self,
        places: &Places,
        capacity: usize,
        only: &[String],
    ) -> Vec<Contestant> {
        let chosen = self.ways.iter().filter(|way| is_chosen(way.name, only));
        let contestant = |way: &Way, mode| {
            let setting = Setting { places: places.clone(), capacity, mode, batch: self.batch };
            let race = way.race.clone();
            // Whole laps: batches come out even, and every ring wraps.
            let mut pace = Pace::new(capacity as u64, 4);
            let turn = move |turn: Duration| {
                let mut beside = Vec::new();
                let rate = pace.take(turn, |count| {
                    let outcome = race(&setting, count);
                    beside = outcome.beside;
                    outcome.took
                });
                [vec![rate / 1e6], beside].concat()
            };
            Contestant { subject: way.name, kind: way.kind, mode, turn: Box::new(turn) }
        };
        chosen.flat_map(|way| way.modes.iter().map(move |mode| contestant(way, *mode))).collect()
    }
}
