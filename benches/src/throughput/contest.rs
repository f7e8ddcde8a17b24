//! Everybody in turn, A B C A B C, so that a noisy moment hits all alike.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::figure::Figure;
use crate::harness::Harness;
use crate::subject::{Kind, Mode};
use crate::throughput::scenarios::Scenario;

/// A subject in one of its modes, ready to take its turns in one scenario.
pub(super) struct Contestant {
    pub(super) subject: &'static str,
    pub(super) kind: Kind,
    pub(super) mode: Mode,
    /// Takes a turn of about the given length, and returns the figures.
    pub(super) turn: Box<dyn FnMut(Duration) -> Vec<f64>>,
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, mode, .. } = self;
        write!(f, "{subject} ({mode})")
    }
}

/// What came out of one scenario.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) units: &'static [&'static str],
    pub(super) more_is_better: bool,
    /// The best first.
    pub(super) standings: Vec<Standing>,
}

/// What one subject achieved.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    pub(super) subject: &'static str,
    pub(super) kind: Kind,
    pub(super) mode: Mode,
    /// One for each unit.
    pub(super) figures: Vec<Figure>,
}

impl Results {
    /// Returns how many times as good the first is as the second.
    pub(super) fn times_as_good(&self, first: &Standing, second: &Standing) -> f64 {
        let ratio = first.figures[0].median / second.figures[0].median;
        if self.more_is_better { ratio } else { 1.0 / ratio }
    }

    /// Returns the best standing of those that the condition holds for.
    pub(super) fn best(&self, condition: impl Fn(&Standing) -> bool) -> Option<&Standing> {
        self.standings.iter().find(|standing| condition(standing))
    }
}

/// Holds a contest. Ctrl-C ends it after the round that is under way.
pub(super) fn hold(
    harness: &Harness,
    scenario: &Scenario,
    mut contestants: Vec<Contestant>,
    rounds: usize,
    turn: Duration,
) -> Results {
    let bar = harness.bar(rounds * contestants.len());
    let mut figures = vec![vec![Vec::new(); scenario.units().len()]; contestants.len()];
    for _ in 0..rounds {
        for (contestant, figures) in contestants.iter_mut().zip(&mut figures) {
            bar.set_message(format!("{}: {contestant:?}", scenario.name()));
            let values = (contestant.turn)(turn);
            figures.iter_mut().zip(values).for_each(|(figures, value)| figures.push(value));
            bar.inc(1);
        }
        if harness.stopped() {
            break;
        }
    }
    bar.finish_and_clear();

    let standing = |(contestant, figures): (Contestant, Vec<Vec<f64>>)| Standing {
        subject: contestant.subject,
        kind: contestant.kind,
        mode: contestant.mode,
        figures: figures.into_iter().map(Figure::of).collect(),
    };
    let mut standings: Vec<_> = contestants.into_iter().zip(figures).map(standing).collect();
    standings.sort_by(|a, b| f64::total_cmp(&a.figures[0].median, &b.figures[0].median));
    if scenario.more_is_better() {
        standings.reverse();
    }
    Results {
        name: scenario.name(),
        what: scenario.what(),
        units: scenario.units(),
        more_is_better: scenario.more_is_better(),
        standings,
    }
}
