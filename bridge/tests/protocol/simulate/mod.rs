//! Long runs at random, with servers that answer as the real ones do. A run that fails says its seed, and
//! `BROADRING_SEED` repeats it.

mod mirror;
mod run;
mod seat;
mod server;

use std::collections::BTreeMap;

use run::Run;

use super::deep;
use super::hostile::Flaw;

/// How many runs there are.
fn runs() -> u64 {
    if deep() { 100_000 } else { 2_000 }
}

/// Adds up what has happened in a run.
fn count(sums: &mut BTreeMap<&'static str, u64>, run: &Run) {
    let mut add = |name, count| *sums.entry(name).or_default() += count;
    let server = &run.server.counts;
    add("messages accepted", server.accepted);
    add("messages refused", server.refused);
    add("frames of deposed writers refused", server.stale);
    add("repetitions acknowledged", server.repetitions_acknowledged);
    add("repetitions refused", server.repetitions_refused);
    add("refused while in process", server.in_process);
    add("claims accepted", server.claims);
    add("events", run.server.events.len() as u64);
    for seat in &run.seats {
        add("claims won", seat.counts.won);
        add("claims lost", seat.counts.lost);
        add("writers deposed", seat.counts.deposed);
        add("writers deposed with frames in flight", seat.counts.deposed_in_flight);
        add("writers deposed with all that they may have in flight", seat.counts.deposed_full);
        add("writers resigned", seat.counts.resigned);
        add("claims instead of a resignation", seat.counts.resigned_late);
        add("answers not in time", seat.counts.timeouts);
        add("acknowledgements after doubt", seat.counts.late_acknowledgements);
        add("old last messages told", seat.counts.old_answers);
    }
    for mirror in &run.mirrors {
        add("mirrors begun anew", mirror.restarts);
        add("messages sent to a mirror again", mirror.repetitions);
    }
    add("crashes", run.crashes);
    add("sleeps", run.sleeps);
    add("sleeps with a full window", run.full);
}

#[test]
fn everything_is_settled_when_the_faults_stop() {
    if let Ok(seed) = std::env::var("BROADRING_SEED") {
        let seed = seed.parse().expect("BROADRING_SEED is a number");
        let mut run = Run::new(seed, None);
        let end = run.run();
        for (place, message) in (1..).zip(&run.server.log.0) {
            println!("{place:5}. {message}");
        }
        end.unwrap_or_else(|wrong| panic!("BROADRING_SEED={seed}: {wrong}"));
        return;
    }
    let mut sums = BTreeMap::new();
    for seed in 0..runs() {
        let mut run = Run::new(seed, None);
        run.run().unwrap_or_else(|wrong| panic!("BROADRING_SEED={seed}: {wrong}"));
        count(&mut sums, &run);
    }
    for (name, sum) in &sums {
        println!("{sum:10} {name}");
    }
    // Each of these has happened in many runs, or else nothing was shown. A writer that wants to end seldom hears of the
    // next claim before it hears of frames behind it.
    let enough = |name: &str| if name == "claims instead of a resignation" { 20 } else { 200 };
    let rare = sums.iter().find(|&(name, &sum)| sum < enough(name));
    assert_eq!(rare, None, "hardly ever");
}

/// The same runs find out what is wrong with other protocols.
#[test]
fn runs_find_flaws() {
    for flaw in [
        Flaw::ShortLeap,
        Flaw::FramesWithoutExpectation,
        Flaw::ClaimsWithoutExpectation,
        Flaw::SharedNonce,
    ] {
        let found = (0..200).find_map(|seed| Some((seed, Run::new(seed, Some(flaw)).run().err()?)));
        let (seed, wrong) = found.unwrap_or_else(|| panic!("{flaw:?} was not found out"));
        println!("{flaw:?} in the run with seed {seed}: {wrong}");
    }
}
