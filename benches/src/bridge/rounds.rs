//! Everybody in turn, A B A B, so that a noisy moment hits all alike.

use anyhow::{Context, Result};
use serde::Serialize;

use crate::figure::Figure;
use crate::harness::Harness;

/// What came out of a scenario, or of one form of it.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// The scenario.
    pub name: &'static str,
    /// What was done.
    pub what: String,
    /// The units of the figures; the first is compared.
    pub units: Vec<&'static str>,
    /// Who took part.
    pub standings: Vec<Standing>,
}

/// What one of them achieved.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Who.
    pub name: String,
    /// One for each unit.
    pub figures: Vec<Figure>,
    /// The first figure by that of the one they are compared with: the median over the rounds.
    pub ratio: Option<f64>,
}

/// One turn: returns the figures.
pub type Turn<'a> = Box<dyn FnMut() -> Result<Vec<f64>> + 'a>;

/// Gives everybody their turns. The one with this number is what they are compared with. Ctrl-C ends that after the
/// round that is under way.
///
/// # Errors
///
/// If a turn fails: everything here is to succeed.
pub fn hold(
    harness: &Harness,
    rounds: usize,
    head: (&'static str, String, &[&'static str]),
    compared: Option<usize>,
    cast: Vec<(String, Turn<'_>)>,
) -> Result<Results> {
    let (name, what, units) = head;
    let bar = harness.bar(rounds * cast.len());
    let mut cast: Vec<_> = cast.into_iter().map(|(name, turn)| (name, turn, Vec::new())).collect();
    for _ in 0..rounds {
        for (who, turn, values) in &mut cast {
            bar.set_message(format!("{name}: {who}"));
            values.push(turn().with_context(|| format!("{name}, {who}"))?);
            bar.inc(1);
        }
        if harness.stopped() {
            break;
        }
    }
    bar.finish_and_clear();

    let limit: Option<Vec<f64>> =
        compared.map(|compared| cast[compared].2.iter().map(|values| values[0]).collect());
    let standings = cast.into_iter().map(|(name, _, values)| {
        let ratio = limit.as_ref().map(|limit| {
            let ratios = values.iter().zip(limit).map(|(values, limit)| values[0] / limit);
            Figure::of(ratios.collect()).median
        });
        let figure = |unit: usize| Figure::of(values.iter().map(|values| values[unit]).collect());
        Standing { name, figures: (0..units.len()).map(figure).collect(), ratio }
    });
    Ok(Results { name, what, units: units.to_vec(), standings: standings.collect() })
}
