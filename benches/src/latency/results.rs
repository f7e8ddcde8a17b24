//! What comes out of the runs.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::clock::Cost;
use super::distribution::{self, Levels};
use super::open_loop::Run;
use super::plan::Plan;
use super::rate::Rate;
use crate::figure::Figure;
use crate::machine::Machine;
use crate::subject::Kind;

/// A rate counts as reached from this part of it on.
const REACHED: f64 = 0.99;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    /// Where and when.
    pub(super) machine: Machine,
    /// What was asked for.
    pub(super) plan: Plan,
    /// What reading the clock takes.
    pub(super) clock: Cost,
    /// What to know about the numbers.
    pub(super) notes: Vec<String>,
    /// The subjects that lost or damaged an event; their numbers are left out.
    pub(super) broken: Vec<String>,
    /// Rate by rate, and by subject in the order of [`subjects::visit`].
    pub(super) rows: Vec<Row>,
}

/// A subject at a rate.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Who.
    pub(super) subject: &'static str,
    /// What that is.
    pub(super) kind: Kind,
    /// The events a second that were asked for.
    pub(super) rate: Rate,
    /// The events a second that there were.
    pub(super) reached: Figure,
    /// Whether those are too few: then the latency is that of a growing queue, and
    /// says more about how long the run was than about the subject.
    pub(super) overloaded: bool,
    /// Nanoseconds over the rounds, of all readers together.
    pub(super) latency_ns: Levels<Option<Figure>>,
    /// The same for each reader alone.
    pub(super) reader_latency_ns: Vec<Levels<Option<Figure>>>,
    /// The rounds by themselves.
    pub(super) rounds: Vec<Round>,
    /// Every latency of every reader and round.
    #[serde(skip)]
    pub(super) all: Histogram<u64>,
}

/// One run.
#[derive(Debug, Serialize)]
pub(super) struct Round {
    /// Events sent, those of the warm-up included.
    pub(super) events: u64,
    /// Events a second.
    pub(super) reached: f64,
    /// Nanoseconds, of all readers together.
    pub(super) latency_ns: Levels<Option<u64>>,
    /// The same for each reader alone.
    pub(super) reader_latency_ns: Vec<Levels<Option<u64>>>,
}

impl Results {
    /// Returns the rows at a rate: like beside like, and the quickest first.
    pub(super) fn at(&self, rate: Rate) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.rate == rate).collect();
        let median = |row: &Row| row.latency_ns.p50.as_ref().map(|p50| p50.median as u64);
        rows.sort_by_key(|row| (row.kind, row.overloaded, median(row)));
        rows
    }

    /// Returns the rates at which something was measured.
    pub(super) fn rates(&self) -> Vec<Rate> {
        let measured = |rate: &Rate| self.rows.iter().any(|row| row.rate == *rate);
        self.plan.rates.iter().copied().filter(measured).collect()
    }

    /// Returns the subjects that were measured, in the order of their first rows.
    pub(super) fn subjects(&self) -> Vec<&'static str> {
        let mut subjects = Vec::new();
        for row in &self.rows {
            if !subjects.contains(&row.subject) {
                subjects.push(row.subject);
            }
        }
        subjects
    }
}

/// The runs of a subject at a rate.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Whose they are.
    pub(super) subject: &'static str,
    kind: Kind,
    rounds: Vec<Round>,
    all: Histogram<u64>,
}

impl Gathered {
    /// Begins with the first of them.
    pub(super) fn new(subject: &'static str, kind: Kind, run: &Run) -> Self {
        let mut gathered = Self { subject, kind, rounds: vec![], all: distribution::empty() };
        gathered.add(run);
        gathered
    }

    /// Adds another one.
    pub(super) fn add(&mut self, run: &Run) {
        let merged = run.merged();
        self.rounds.push(Round {
            events: run.events,
            reached: run.reached,
            latency_ns: distribution::levels(&merged),
            reader_latency_ns: run.readers.iter().map(distribution::levels).collect(),
        });
        self.all.add(merged).expect("they have the same bounds");
    }

    /// Boils them down.
    pub(super) fn row(self, rate: Rate) -> Option<Row> {
        let Self { subject, kind, rounds, all } = self;
        let reached = Figure::of(rounds.iter().map(|round| round.reached).collect());
        let latency: Vec<_> = rounds.iter().map(|round| round.latency_ns).collect();
        let readers = rounds.first()?.reader_latency_ns.len();
        let reader = |index: usize| {
            let of: Vec<_> = rounds.iter().map(|round| round.reader_latency_ns[index]).collect();
            distribution::over_rounds(&of)
        };
        Some(Row {
            subject,
            kind,
            rate,
            overloaded: reached.median < REACHED * rate.per_second() as f64,
            reached,
            latency_ns: distribution::over_rounds(&latency),
            reader_latency_ns: (0..readers).map(reader).collect(),
            rounds,
            all,
        })
    }
}
