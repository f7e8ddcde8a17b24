//! Everybody in turn, A B C A B C, so that a noisy moment hits all alike.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use super::table;
use crate::figure::Figure;
use crate::harness::Harness;
use crate::machine::Machine;
use crate::subject::{Kind, Mode};

/// How often everybody has a turn, and for how long.
#[derive(Args, Clone, Debug)]
pub(crate) struct Turns {
    /// How often each subject has its turn [default: 9, or 3 with --quick]
    #[arg(long)]
    rounds: Option<usize>,

    /// How long each turn is to last, in milliseconds [default: 200, or 20 with --quick]
    #[arg(long, value_name = "MS")]
    turn: Option<u64>,
}

impl Turns {
    /// Returns the number of rounds, and the milliseconds of a turn.
    fn fill_in(&self, harness: &Harness) -> Result<(usize, u64)> {
        let (rounds, turn) = if harness.quick() { (3, 20) } else { (9, 200) };
        let (rounds, turn) = (self.rounds.unwrap_or(rounds), self.turn.unwrap_or(turn));
        ensure!(rounds > 0 && turn > 0, "there must be a round, and a turn of a millisecond");
        Ok((rounds, turn))
    }
}

/// All the contests of a command, one after the other.
pub(crate) struct Series<'h> {
    harness: &'h Harness,
    machine: Machine,
    capacity: usize,
    rounds: usize,
    turn_ms: u64,
    results: Vec<Results>,
}

impl<'h> Series<'h> {
    /// Says where, and how often, everybody is going to have a turn.
    pub(crate) fn announce(harness: &'h Harness, turns: &Turns, capacity: usize) -> Result<Self> {
        let (rounds, turn_ms) = turns.fill_in(harness)?;
        let machine = Machine::here();
        if harness.talks() {
            println!("{machine}");
            println!(
                "capacity {capacity}, medians of {rounds} turns of {turn_ms} ms, taken in turns"
            );
        }
        Ok(Self { harness, machine, capacity, rounds, turn_ms, results: Vec::new() })
    }

    /// Holds a contest and prints its table. If nobody takes part, it returns `false`, and the
    /// contest is not among the results.
    pub(crate) fn hold(&mut self, heading: Heading, contestants: Vec<Contestant>) -> bool {
        if contestants.is_empty() {
            return false;
        }
        let turn = Duration::from_millis(self.turn_ms);
        let results = hold(self.harness, heading, contestants, self.rounds, turn);
        if self.harness.talks() {
            table::print(&results);
        }
        self.results.push(results);
        true
    }

    /// Returns the results so far.
    pub(crate) fn results(&self) -> &[Results] {
        &self.results
    }

    /// Writes the results to the file that was asked for.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { harness, machine, capacity, rounds, turn_ms, results } = self;
        harness.write_json(&Report { machine, capacity, rounds, turn_ms, scenarios: results })
    }
}

/// What a contest is about.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Heading {
    /// The name that it is asked for by.
    pub(crate) name: String,
    /// What happens in it.
    pub(crate) what: String,
    /// The units of the figures; subjects are ranked by the first.
    pub(crate) units: &'static [&'static str],
    /// Whether a larger first figure is a better one.
    pub(crate) more_is_better: bool,
}

/// A subject in one of its modes, ready to take its turns in one scenario.
pub(crate) struct Contestant {
    pub(crate) subject: &'static str,
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    /// Takes a turn of about the given length, and returns the figures.
    pub(crate) turn: Box<dyn FnMut(Duration) -> Vec<f64>>,
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, mode, .. } = self;
        write!(f, "{subject} ({mode})")
    }
}

/// What came out of all the contests of a command.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    capacity: usize,
    rounds: usize,
    turn_ms: u64,
    scenarios: Vec<Results>,
}

/// What came out of one contest.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    #[serde(flatten)]
    pub(crate) heading: Heading,
    /// The best first.
    pub(crate) standings: Vec<Standing>,
}

/// What one subject achieved.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    pub(crate) subject: &'static str,
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    /// One for each unit.
    pub(crate) figures: Vec<Figure>,
}

impl Standing {
    /// Whether it is broadring's, perhaps one of several ways to use it.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.subject.split(',').next(), Some("broadring" | "broadring-order"))
    }
}

impl Results {
    /// Returns how many times as good the first is as the second: the median over the rounds, in
    /// each of which the two had their turns shortly after each other. What the machine does to
    /// both then cancels out.
    pub(crate) fn times_as_good(&self, first: &Standing, second: &Standing) -> f64 {
        let [first, second] = [first, second].map(|standing| &standing.figures[0].values);
        let ratios = first.iter().zip(second).map(|(first, second)| first / second);
        let ratio = Figure::of(ratios.collect()).median;
        if self.heading.more_is_better { ratio } else { 1.0 / ratio }
    }

    /// Returns the best standing of those that the condition holds for.
    pub(crate) fn best(&self, condition: impl Fn(&Standing) -> bool) -> Option<&Standing> {
        self.standings.iter().find(|standing| condition(standing))
    }
}

/// Holds a contest. Ctrl-C ends it after the round that is under way.
fn hold(
    harness: &Harness,
    heading: Heading,
    mut contestants: Vec<Contestant>,
    rounds: usize,
    turn: Duration,
) -> Results {
    let bar = harness.bar(rounds * contestants.len());
    let mut figures = vec![vec![Vec::new(); heading.units.len()]; contestants.len()];
    for _ in 0..rounds {
        for (contestant, figures) in contestants.iter_mut().zip(&mut figures) {
            bar.set_message(format!("{}: {contestant:?}", heading.name));
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
    if heading.more_is_better {
        standings.reverse();
    }
    Results { heading, standings }
}
