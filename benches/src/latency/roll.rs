//! Who takes part.

use super::plan::Plan;
use super::units;
use crate::cores::Places;
use crate::harness::Selection;
use crate::subject::{Kind, Mode, Subject, Visitor};
use crate::subjects;

/// Calls the roll.
struct Roll<'a> {
    plan: &'a Plan,
    selection: &'a Selection,
    present: Vec<&'static str>,
    modeless: Vec<&'static str>,
    paired: Vec<&'static str>,
}

impl Visitor for Roll<'_> {
    fn visit<S: Subject>(&mut self) {
        let limit = matches!(S::KIND, Kind::Limit | Kind::Yardstick);
        if limit || !self.selection.takes::<S>() {
            return;
        }
        let list = if !S::MODES.contains(&self.plan.mode) {
            &mut self.modeless
        } else if S::KIND == Kind::OneToOne && self.plan.readers > 1 {
            &mut self.paired
        } else {
            &mut self.present
        };
        list.push(S::NAME);
    }
}

/// Returns the subjects that take part, and what to know beforehand: who does not,
/// and why, and whether the threads have cores.
pub(super) fn call(
    plan: &Plan,
    places: &Places,
    selection: &Selection,
) -> (Vec<&'static str>, Vec<String>) {
    let mut roll = Roll { plan, selection, present: vec![], modeless: vec![], paired: vec![] };
    subjects::visit(&mut roll);
    let Roll { present, modeless, paired, .. } = roll;
    let mut notes = Vec::new();
    if !modeless.is_empty() {
        notes.push(format!("left out, as they cannot {}: {}", plan.mode, modeless.join(", ")));
    }
    if !paired.is_empty() {
        notes.push(format!("left out, as they have one reader only: {}", paired.join(", ")));
    }
    let threads = plan.readers + 1;
    if threads > places.cores().len() {
        let cores = units::count(places.cores().len(), "core");
        let kind = if plan.mode == Mode::Spin { " spinning" } else { "" };
        notes.push(format!(
            "{threads}{kind} threads share {cores}: the numbers are those of the system's \
             scheduler, not of the subjects"
        ));
    }
    (present, notes)
}
