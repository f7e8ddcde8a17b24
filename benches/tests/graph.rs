//! Every way to do what the `graph` command measures brings every event through, in order and
//! whole, and observers are told of all that they missed: a broken one must not get as far as
//! a figure.

mod watched;

use std::time::Duration;

use broadring_benches::cores::Places;
use broadring_benches::graph::scenarios::{self, Scenario};
use broadring_benches::graph::way::{Outcome, Setting, Way};
use broadring_benches::subject::Mode;
use watched::watched;

const CAPACITY: usize = 64;

/// Ten laps of the ring.
const COUNT: u64 = 640;

/// Does it for every way of the scenarios that the condition holds for, in each of its modes;
/// but what is measured spinning yields here, because there may be one core.
fn of_every_way(is_for: fn(&Scenario) -> bool, check: fn(&Way, &Setting)) {
    for scenario in scenarios::all().into_iter().filter(is_for) {
        for way in &scenario.ways {
            for mode in way.modes {
                let mode = if *mode == Mode::Spin { Mode::Yield } else { *mode };
                let what = format!("{}: {} in mode {mode}", scenario.name, way.name);
                let places = Places::on(Vec::new());
                let setting = Setting { places, capacity: CAPACITY, mode, batch: scenario.batch };
                let way = way.clone();
                watched(&what, move || check(&way, &setting));
            }
        }
    }
}

#[test]
fn every_reader_gets_every_event_in_order() {
    of_every_way(
        |_| true,
        |way, setting| {
            // The way itself checks what every reader got, and panics if that is not right.
            let outcome = (way.race)(setting, COUNT);
            assert!(outcome.took > Duration::ZERO, "{outcome:?}");
        },
    );
}

#[test]
fn a_ring_that_is_as_large_as_the_batch_is_enough() {
    of_every_way(
        |_| true,
        |way, setting| drop((way.race)(&Setting { capacity: 16, ..setting.clone() }, COUNT)),
    );
}

#[test]
fn only_those_who_look_see_anything() {
    of_every_way(
        |scenario| scenario.name.starts_with("tap"),
        |way, setting| {
            // Long enough for a thread to be started and to look.
            let Outcome { beside, .. } = (way.race)(setting, 1000 * COUNT);
            let [looks, seen, unseen] = beside[..] else { panic!("{beside:?}") };
            if ["no observer", "never looks"].contains(&way.name) {
                assert_eq!((looks, seen, unseen), (0.0, 0.0, 100.0));
            } else {
                assert!(looks > 0.0, "the last look finds that it is over");
                assert!((0.0..=100.0).contains(&unseen), "{beside:?}");
            }
        },
    );
}
