//! What is measured, and which of the ways take part.

use std::time::Duration;

use super::way::{Load, Visitor, Way};
use super::{race, ways};
use crate::cores::Places;
use crate::harness::is_chosen;
use crate::subject::{Kind, Mode};
use crate::throughput::contest::{Contestant, Heading};

/// One thing that every way does in turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    pub(super) load: Load,
    pub(super) bytes: usize,
}

impl Scenario {
    /// Returns what its tables and files say about it.
    pub(super) fn heading(&self) -> Heading {
        let Self { load, bytes } = self;
        let Load { producers, readers, batch, .. } = load;
        let batches = if *batch == 1 { String::new() } else { format!("-by-{batch}") };
        Heading {
            name: format!("{producers}-to-{readers}-{bytes}B{batches}"),
            what: format!("{load}, events of {bytes} bytes, yielding or parking"),
            units: match producers {
                1 => &["M events/s"],
                _ => &["M events/s", "first done at, %"],
            },
            more_is_better: true,
        }
    }

    /// Returns who takes part: every way that was chosen and suits, in each of its modes.
    pub(super) fn contestants(&self, places: &Places, only: &[String]) -> Vec<Contestant> {
        let mut casting = Casting { scenario: *self, places, only, cast: Vec::new() };
        ways::visit(&mut casting);
        casting.cast
    }

    fn contestant<W: Way>(&self, mode: Mode, places: &Places) -> Contestant {
        let (places, load) = (places.clone(), self.load);
        let turn: Box<dyn FnMut(Duration) -> Vec<f64>> = match self.bytes {
            8 => Box::new(race::turns::<W, 1>(places, load, mode)),
            64 => Box::new(race::turns::<W, 8>(places, load, mode)),
            256 => Box::new(race::turns::<W, 32>(places, load, mode)),
            bytes => unreachable!("there is no event of {bytes} bytes"),
        };
        let kind = if W::AGREES { Kind::Broadcast } else { Kind::QueuePerReader };
        Contestant { subject: W::NAME, kind, mode, turn }
    }
}

struct Casting<'a> {
    scenario: Scenario,
    places: &'a Places,
    only: &'a [String],
    cast: Vec<Contestant>,
}

impl Visitor for Casting<'_> {
    fn visit<W: Way>(&mut self) {
        let Self { scenario, places, only, cast } = self;
        if is_chosen(W::NAME, only) && W::suits(&scenario.load) {
            cast.extend(W::MODES.iter().map(|mode| scenario.contestant::<W>(*mode, places)));
        }
    }
}
