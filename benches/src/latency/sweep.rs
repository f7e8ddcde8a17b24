//! All the runs, in turns: rate by rate, and at each rate subject after subject,
//! round after round, so that whatever the machine does meanwhile hits all alike.

use anyhow::Result;
use indicatif::ProgressBar;

use super::clock::Clock;
use super::open_loop::{self, Load, Run};
use super::plan::{Payload, Plan};
use super::results::{Gathered, Results};
use super::roll;
use crate::cores::Places;
use crate::harness::Selection;
use crate::machine::Machine;
use crate::subject::{Subject, Visitor};
use crate::subjects;

/// A load average from which on the machine has other things to do.
const BUSY: f64 = 0.5;

/// The measurement, before it begins.
#[derive(Debug)]
pub(super) struct Sweep {
    plan: Plan,
    places: Places,
    subjects: Vec<&'static str>,
    notes: Vec<String>,
}

impl Sweep {
    /// Finds out which subjects take part.
    pub(super) fn prepare(plan: Plan, places: Places, selection: &Selection) -> Self {
        let (subjects, notes) = roll::call(&plan, &places, selection);
        Self { plan, places, subjects, notes }
    }

    /// What to know beforehand.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the number of runs.
    pub(super) fn steps(&self) -> usize {
        self.plan.rates.len() * self.plan.rounds * self.subjects.len()
    }

    /// Does every run, or those before `stopped`.
    pub(super) fn measure(
        self,
        clock: &Clock,
        bar: &ProgressBar,
        stopped: impl Fn() -> bool,
    ) -> Results {
        let Self { plan, places, subjects, mut notes } = self;
        let (machine, cost) = (Machine::here(), clock.cost());
        if let Some(load) = machine.load.filter(|load| *load >= BUSY) {
            notes.push(format!(
                "the machine was busy when this began (load {load:.2}): programs beside this one \
                 show in every figure"
            ));
        }
        let (mut rows, mut broken) = (Vec::new(), Vec::new());
        let mut failed: Vec<&'static str> = Vec::new();
        for &rate in &plan.rates {
            let mut runs: Vec<Gathered> = Vec::new();
            for _ in 0..plan.rounds {
                let load = plan.load(rate);
                let mut turn = Turn {
                    place: Place { clock, places: &places, load, payload: plan.payload },
                    wanted: &subjects,
                    bar,
                    stopped: &stopped,
                    runs: &mut runs,
                    failed: &mut failed,
                    broken: &mut broken,
                };
                subjects::visit(&mut turn);
            }
            rows.extend(runs.into_iter().filter_map(|gathered| gathered.row(rate)));
        }
        rows.retain(|row| !failed.contains(&row.subject));
        Results { machine, plan, clock: cost, notes, broken, rows }
    }
}

/// What a run needs, whatever the subject.
struct Place<'a> {
    clock: &'a Clock,
    places: &'a Places,
    load: Load,
    payload: Payload,
}

impl Place<'_> {
    fn run<S: Subject>(&self) -> Result<Run> {
        let Self { clock, places, load, payload } = self;
        match payload {
            Payload::Small => open_loop::run::<S, 1>(clock, load, places),
            Payload::Line => open_loop::run::<S, 8>(clock, load, places),
            Payload::Lines => open_loop::run::<S, 32>(clock, load, places),
        }
    }
}

/// Every subject once.
struct Turn<'a, F> {
    place: Place<'a>,
    wanted: &'a [&'static str],
    bar: &'a ProgressBar,
    stopped: &'a F,
    runs: &'a mut Vec<Gathered>,
    failed: &'a mut Vec<&'static str>,
    broken: &'a mut Vec<String>,
}

impl<F: Fn() -> bool> Visitor for Turn<'_, F> {
    fn visit<S: Subject>(&mut self) {
        let wanted = self.wanted.contains(&S::NAME) && !self.failed.contains(&S::NAME);
        if !wanted || (self.stopped)() {
            return;
        }
        self.bar.set_message(format!("{} {}", self.place.load.rate, S::NAME));
        match self.place.run::<S>() {
            Ok(run) => match self.runs.iter_mut().find(|gathered| gathered.subject == S::NAME) {
                Some(gathered) => gathered.add(&run),
                None => self.runs.push(Gathered::new(S::NAME, S::KIND, &run)),
            },
            Err(error) => {
                let rate = self.place.load.rate;
                self.failed.push(S::NAME);
                self.broken.push(format!("{} is broken: at {rate}, {error}", S::NAME));
            }
        }
        self.bar.inc(1);
    }
}
