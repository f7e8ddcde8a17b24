//! Every engine gives back exactly the frames that were appended, after it was closed and after it was killed.

use std::fs;
use std::path::{Path, PathBuf};

use broadring_benches::log::engine::{Engine, Remark, Scenario, Visitor};
use broadring_benches::log::engines;
use broadring_benches::log::engines::bare::{Appended, Bare};
use broadring_benches::log::errand::{self, Ended, Errand, Task};
use broadring_benches::log::frame::Shape;
use broadring_benches::log::place;
use std::time::Duration;

const SHAPE: Shape = Shape { record: 61, records: 7 };

/// Makes an empty directory for this engine.
fn empty<E: Engine>(test: &str) -> PathBuf {
    let name = E::NAME.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{name}"));
    place::remove(&path).expect("it can be removed");
    fs::create_dir_all(&path).expect("it can be made");
    path
}

/// Appends the frames from one number to another.
fn append<E: Engine>(log: &mut E, from: u64, to: u64, sync: bool) {
    for number in from..to {
        log.append(&SHAPE.frame(number), sync).expect("it can append");
    }
}

/// Checks that exactly so many frames are there, all of them right and in order.
fn check<E: Engine>(dir: &Path, frames: u64) {
    let report = errand::read::<E>(dir, SHAPE);
    assert_eq!(report.error, None, "{}", E::NAME);
    assert_eq!((report.right, report.wrong), (frames, 0), "{}: right and wrong frames", E::NAME);
}

#[test]
fn every_engine_returns_the_frames_that_were_appended() {
    struct Closing;
    impl Visitor for Closing {
        fn visit<E: Engine>(&mut self) {
            let dir = empty::<E>("closing");
            append(&mut E::create(&dir).expect("it can be made"), 0, 10, true);
            check::<E>(&dir, 10);
            let mut log = E::reopen(&dir).expect("it can be opened");
            append(&mut log, 10, 15, false);
            append(&mut log, 15, 20, true);
            drop(log);
            check::<E>(&dir, 20);
            place::remove(&dir).expect("it can be removed");
        }
    }
    engines::visit(&mut Closing);
}

#[test]
fn every_engine_returns_what_was_safe_before_its_process_was_killed() {
    struct Killing;
    impl Visitor for Killing {
        fn visit<E: Engine>(&mut self) {
            if !E::CHECKS {
                return;
            }
            let program = Path::new(env!("CARGO_BIN_EXE_broadring-benches"));
            let dir = empty::<E>("killing");
            let task = Task::Fill { bytes: 100 * SHAPE.bytes() as u64, seconds: 10 };
            let safe = Errand::new::<E>(task, &dir, SHAPE)
                .fill_and_kill(program)
                .unwrap_or_else(|error| panic!("{}: {error}", E::NAME));
            assert!(safe >= 20, "{}: {safe}", E::NAME);
            let errand = Errand::new::<E>(Task::Read, &dir, SHAPE);
            match errand.read_by(program, Duration::from_secs(60)) {
                Ok(Ended::Report(report)) => {
                    assert_eq!((report.wrong, &report.error), (0, &None), "{}", E::NAME);
                    assert!(report.right >= safe, "{}: {} of {safe}", E::NAME, report.right);
                }
                other => panic!("{}: {other:?}", E::NAME),
            }
            // And it can go on.
            let mut log = E::reopen(&dir).expect("it can be opened");
            let mut frames = 0;
            log.replay(&mut |_, _| frames += 1).expect("it can be read");
            append(&mut log, frames, frames + 5, true);
            drop(log);
            check::<E>(&dir, frames + 5);
            place::remove(&dir).expect("it can be removed");
        }
    }
    engines::visit(&mut Killing);
}

#[test]
fn names_differ_and_the_bare_limit_is_first_and_never_absent() {
    let mut names = engines::names();
    assert_eq!(names[0], Bare::<Appended>::NAME);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), engines::names().len());
    let remark = Bare::<Appended>::remark;
    for scenario in [Scenario::Synced, Scenario::Unsynced, Scenario::Replay, Scenario::Segment] {
        assert_eq!(remark(scenario), Remark::None);
    }
}
