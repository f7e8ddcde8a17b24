//! Which plots there are, and the lines in them.

use anyhow::Result;

use super::canvas::{self, Picture, Series};
use super::distribution::Levels;
use super::palette::Stroke;
use super::rate::Rate;
use super::results::{Results, Row};
use super::scale;
use super::units;
use crate::figure::Figure;

/// A plot.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    /// The name of its file, without the ending.
    pub(super) name: String,
    /// What it shows.
    pub(super) title: String,
    /// The picture.
    pub(super) svg: String,
}

/// Draws them all: two of latency by rate, if there are rates to compare, and for each
/// rate one of all percentiles.
pub(super) fn draw(results: &Results) -> Result<Vec<Plot>> {
    let mut plots = Vec::new();
    if results.rates().len() > 1 {
        plots.push(by_rate(results, "p50", "Median latency", |levels| levels.p50.as_ref())?);
        plots.push(by_rate(results, "p99", "99th percentile of latency", |levels| {
            levels.p99.as_ref()
        })?);
    }
    for rate in results.rates() {
        plots.push(by_percentile(results, rate)?);
    }
    Ok(plots)
}

/// Returns the numbers and names of the subjects; a subject has its stroke in all plots.
fn strokes(results: &Results) -> impl Iterator<Item = (Stroke, &'static str)> {
    results.subjects().into_iter().enumerate().map(|(index, name)| (Stroke::of(index), name))
}

fn by_rate(
    results: &Results,
    level: &str,
    what: &str,
    pick: fn(&Levels<Option<Figure>>) -> Option<&Figure>,
) -> Result<Plot> {
    let point = |row: &Row| {
        let latency = pick(&row.latency_ns)?.median.max(1.0);
        Some(((row.rate.per_second() as f64).log10(), latency.log10(), row.overloaded))
    };
    let series = |(stroke, name): (Stroke, &'static str)| {
        let points: Vec<_> =
            results.rows.iter().filter(|row| row.subject == name).filter_map(point).collect();
        Series {
            label: name.to_owned(),
            remark: None,
            stroke,
            line: points.iter().map(|(x, y, _)| (*x, *y)).collect(),
            marks: points,
        }
    };
    let series: Vec<Series> = strokes(results).map(series).collect();
    let title = format!("{what} by rate: {}", setting(results));
    let svg = canvas::draw(&Picture {
        title: &title,
        x_title: "events a second",
        x: scale::rates(&results.rates()),
        y: latency_scale(&series),
        series: &series,
        legend_note: series
            .iter()
            .any(|series| series.marks.iter().any(|mark| mark.2))
            .then_some("hollow: rate not reached"),
    })?;
    Ok(Plot { name: format!("rates-{level}"), title, svg })
}

fn by_percentile(results: &Results, rate: Rate) -> Result<Plot> {
    let series = |(stroke, name): (Stroke, &'static str)| {
        let row = results.rows.iter().find(|row| row.rate == rate && row.subject == name)?;
        Some(Series {
            label: name.to_owned(),
            remark: row
                .overloaded
                .then(|| format!("reached {} only", units::rate(row.reached.median))),
            stroke,
            line: curve(row),
            marks: vec![],
        })
    };
    let series: Vec<Series> = strokes(results).filter_map(series).collect();
    let last = series.iter().filter_map(|series| series.line.last()).map(|point| point.0);
    let title = format!("Latency at {rate}: {}", setting(results));
    let svg = canvas::draw(&Picture {
        title: &title,
        x_title: "part of the events that took no longer",
        x: scale::percentiles(last.fold(0.0, f64::max)),
        y: latency_scale(&series),
        series: &series,
        legend_note: None,
    })?;
    Ok(Plot { name: format!("percentiles-{}", rate.slug()), title, svg })
}

/// Follows the percentiles of a row, to the last one that an event lies above.
fn curve(row: &Row) -> Vec<(f64, f64)> {
    const STEPS_PER_NINE: f64 = 40.0;
    if row.all.is_empty() {
        return vec![];
    }
    let last = (row.all.len() as f64).log10();
    let steps = (0..=(last * STEPS_PER_NINE) as u32).map(|step| f64::from(step) / STEPS_PER_NINE);
    steps
        .map(|nines| {
            let latency = row.all.value_at_quantile(1.0 - 10_f64.powf(-nines));
            (nines, (latency.max(1) as f64).log10())
        })
        .collect()
}

fn latency_scale(series: &[Series]) -> scale::Scale {
    let heights = || series.iter().flat_map(|series| &series.line).map(|point| point.1);
    let least = heights().fold(f64::INFINITY, f64::min);
    let greatest = heights().fold(f64::NEG_INFINITY, f64::max);
    match least <= greatest {
        true => scale::latencies(10_f64.powf(least), 10_f64.powf(greatest)),
        false => scale::latencies(10.0, 1000.0),
    }
}

/// Writes what was the same in all runs.
fn setting(results: &Results) -> String {
    let plan = &results.plan;
    let readers = units::count(plan.readers, "reader");
    format!("{} bytes, {readers}, {} mode", plan.payload.bytes(), plan.mode)
}
