//! A way to do what a scenario is about, whatever its types.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cores::Places;
use crate::subject::{Kind, Mode};

/// What a race is run with.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where the threads run: the writer, then the others as the events pass them.
    pub places: Places,
    /// Slots of each ring or channel.
    pub capacity: usize,
    /// How everybody waits.
    pub mode: Mode,
    /// How many events the writer sends at once.
    pub batch: usize,
}

/// What came of one race.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// From when all were ready until the last reader had the last event.
    pub took: Duration,
    /// The figures beside the events a second, if the scenario has any.
    pub beside: Vec<f64>,
}

impl From<Duration> for Outcome {
    fn from(took: Duration) -> Self {
        Self { took, beside: Vec::new() }
    }
}

/// Sends so many events through, checks what every reader got, and says what came of it.
pub type Race = Arc<dyn Fn(&Setting, u64) -> Outcome + Send + Sync>;

/// One way to do it.
#[derive(Clone)]
pub struct Way {
    /// The name of the crate and what is done with it.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// How its threads can wait.
    pub modes: &'static [Mode],
    /// Does it; panics if a reader missed something.
    pub race: Race,
}

impl Way {
    /// A way that has no figures of its own.
    pub(super) fn new(
        name: &'static str,
        kind: Kind,
        modes: &'static [Mode],
        race: impl Fn(&Setting, u64) -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            kind,
            modes,
            race: Arc::new(move |setting, count| race(setting, count).into()),
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("name", &self.name).field("modes", &self.modes).finish()
    }
}

/// What a thread does with so many events; it returns when it had the last one.
pub(super) type Stage = Box<dyn FnOnce(u64) -> Instant + Send>;
