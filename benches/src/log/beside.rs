//! Whether a second process can read a log while the first has it open, and what that does to the first.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::engine::{Engine, Remark, Scenario, Visitor};
use super::engines;
use super::errand::{self, Ended, Errand, Report, Task};
use super::frame::Shape;
use super::rounds::Setting;

/// The frames before the other process comes, and as many afterwards.
const FRAMES: u64 = 16;

/// So small a log is read at once, unless somebody waits for a lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of it with one engine.
#[derive(Debug, Serialize)]
pub(super) struct Visit {
    pub(super) engine: &'static str,
    /// What the other process got.
    pub(super) visitor: String,
    /// What the log was like afterwards.
    pub(super) afterwards: String,
}

/// Has another process read the log of every engine.
pub(super) fn visit_all(setting: &Setting<'_>, shape: Shape) -> Vec<Visit> {
    struct Visiting<'a, 'h>(&'a Setting<'h>, Shape, Vec<Visit>);
    impl Visitor for Visiting<'_, '_> {
        fn visit<E: Engine>(&mut self) {
            let absent = matches!(E::remark(Scenario::Beside), Remark::Absent(_));
            if self.0.takes::<E>() && !absent {
                let visit = visit::<E>(self.0, self.1).unwrap_or_else(|error| Visit {
                    engine: E::NAME,
                    visitor: format!("fails: {error:#}"),
                    afterwards: String::new(),
                });
                self.2.push(visit);
            }
        }
    }
    let mut visiting = Visiting(setting, shape, Vec::new());
    engines::visit(&mut visiting);
    visiting.2
}

fn visit<E: Engine>(setting: &Setting<'_>, shape: Shape) -> Result<Visit> {
    let dir = setting.empty::<E>("beside")?;
    let mut log = E::create(&dir)?;
    for number in 0..FRAMES {
        log.append(&shape.frame(number), true)?;
    }
    let errand = Errand::new::<E>(Task::ReadBeside, &dir, shape);
    let visitor = match errand.read_by(&setting.program, PATIENCE)? {
        Ended::Report(report) => describe(&report, FRAMES),
        Ended::Died(how) => format!("died: {how}"),
        Ended::Hung => "waits".to_owned(),
    };
    for number in FRAMES..2 * FRAMES {
        log.append(&shape.frame(number), true)?;
    }
    drop(log);
    let afterwards = describe(&errand::read::<E>(&dir, shape), 2 * FRAMES);
    Ok(Visit { engine: E::NAME, visitor, afterwards })
}

fn describe(report: &Report, frames: u64) -> String {
    let Report { right, wrong, error, .. } = report;
    match error {
        Some(error) if (*right, *wrong) == (0, 0) => error.clone(),
        Some(error) => format!("{right} of {frames} frames, {wrong} wrong, then: {error}"),
        None if (*right, *wrong) == (frames, 0) => format!("all {frames} frames"),
        None => format!("{right} of {frames} frames, {wrong} wrong"),
    }
}
