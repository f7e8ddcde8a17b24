//! What broadring means to achieve beside its peers, and whether it did.

use comfy_table::{Table, TableStyle};

use crate::subject::{Kind, Mode};
use crate::throughput::contest::{Results, Standing};

/// At least so many times as good as somebody, in one scenario.
struct Goal {
    scenario: &'static str,
    /// Which of our own subjects is to be so good; a scenario may have several.
    own: &'static str,
    rival: Rival,
    /// Only those that wait like this, on both sides, or each at its best.
    mode: Option<Mode>,
    times: f64,
}

#[derive(Clone, Copy)]
enum Rival {
    /// The best library of whatever kind.
    Library,
    /// The best lossless broadcast library.
    Broadcast,
    /// The subject of this name.
    Named(&'static str),
}

const fn goal(scenario: &'static str, rival: Rival, times: f64) -> Goal {
    Goal { scenario, own: "broadring", rival, mode: None, times }
}

const fn parked(scenario: &'static str, rival: Rival, times: f64) -> Goal {
    Goal { mode: Some(Mode::Park), ..goal(scenario, rival, times) }
}

const fn way(scenario: &'static str, own: &'static str, rival: Rival, times: f64) -> Goal {
    Goal { own, ..goal(scenario, rival, times) }
}

const GOALS: &[Goal] = &[
    goal("one-thread", Rival::Library, 1.0 / 1.5),
    goal("unicast-8B", Rival::Named("disruptor"), 5.0),
    goal("unicast-8B", Rival::Named("rtrb"), 1.1),
    goal("unicast-8B-by-16", Rival::Named("disruptor"), 1.0),
    goal("unicast-8B-by-128", Rival::Named("disruptor"), 1.0),
    goal("unicast-64B", Rival::Named("disruptor"), 1.25),
    goal("unicast-64B-by-16", Rival::Named("disruptor"), 1.25),
    goal("unicast-64B-by-128", Rival::Named("disruptor"), 1.25),
    goal("unicast-256B", Rival::Named("disruptor"), 1.3),
    goal("unicast-256B-by-16", Rival::Named("disruptor"), 1.3),
    goal("unicast-256B-by-128", Rival::Named("disruptor"), 1.3),
    goal("ping-pong", Rival::Named("photon-ring bounded"), 1.0),
    goal("multicast-3-waiting", Rival::Broadcast, 2.0),
    parked("multicast-3-waiting", Rival::Broadcast, 2.0),
    goal("multicast-7-waiting", Rival::Broadcast, 2.0),
    parked("multicast-7-waiting", Rival::Broadcast, 2.0),
    goal("wake-up", Rival::Named("crossbeam-channel"), 1.0),
    goal("pipeline-64B", Rival::Named("disruptor"), 1.2),
    way("editors-8B", "broadring, in place", Rival::Named("broadring, a ring for each"), 1.0),
    way("evictable-8B", "broadring, evict_after", Rival::Named("broadring"), 0.5),
];

/// Prints which goals were met, of those whose scenarios were run.
pub(crate) fn print(all: &[Results]) {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["scenario", "beside", "goal", "measured", ""]);
    for goal in GOALS {
        let Some((rival, times)) = measured(goal, all) else { continue };
        let verdict = if times >= goal.times { "met" } else { "missed" };
        let (wanted, times) = (format!("≥ {:.2}", goal.times), format!("{times:.2}"));
        table.add_row([goal.scenario, &rival, &wanted, &times, verdict]);
    }
    if !table.is_empty() {
        println!("\ngoals: how many times as good as the rival\n{table}");
    }
}

/// Returns the rival, and how many times as good broadring is.
fn measured(goal: &Goal, all: &[Results]) -> Option<(String, f64)> {
    let results = all.iter().find(|results| results.heading.name == goal.scenario)?;
    let counts = |standing: &Standing| goal.mode.is_none_or(|mode| mode == standing.mode);
    let own = results.best(|own| own.subject == goal.own && counts(own))?;
    let rival = results.best(|rival| {
        counts(rival)
            && match goal.rival {
                Rival::Library => !rival.is_own() && is_library(rival),
                Rival::Broadcast => !rival.is_own() && rival.kind == Kind::Broadcast,
                Rival::Named(name) => rival.subject == name,
            }
    })?;
    Some((format!("{} ({})", rival.subject, rival.mode), results.times_as_good(own, rival)))
}

/// Whether it is more than a few lines that show what the machine can do.
fn is_library(standing: &Standing) -> bool {
    !matches!(standing.kind, Kind::Limit | Kind::Yardstick) && standing.subject != "hand-off"
}
