//! Which plots there are, and the lines in them.

use anyhow::Result;

use super::canvas::{self, Picture, Series};
use super::clip;
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
    let latency = |row: &Row| Some(pick(&row.latency_ns)?.median.max(1.0));
    let point = |row: &Row| {
        let rate = (row.rate.per_second() as f64).log10();
        Some((rate, latency(row)?.log10(), row.overloaded))
    };
    let (overloaded, reached): (Vec<&Row>, Vec<&Row>) =
        results.rows.iter().partition(|row| row.overloaded);
    let y = scale::interesting(
        &reached.into_iter().filter_map(latency).collect::<Vec<_>>(),
        &overloaded.into_iter().filter_map(latency).collect::<Vec<_>>(),
    );
    let top = y.range.end;
    let series = |(stroke, name): (Stroke, &'static str)| {
        let rows = results.rows.iter().filter(|row| row.subject == name);
        let points: Vec<_> = rows.filter_map(point).collect();
        let line: Vec<_> = points.iter().map(|&(x, y, _)| (x, y)).collect();
        let (marks, above): (Vec<_>, Vec<_>) = points.into_iter().partition(|mark| mark.1 <= top);
        Series {
            label: name.to_owned(),
            remark: None,
            stroke,
            parts: clip::line(&line, top).parts,
            marks,
            above: above.into_iter().map(|mark| mark.0).collect(),
        }
    };
    let series: Vec<Series> = strokes(results).map(series).collect();
    let mut notes = Vec::new();
    if series.iter().any(|series| series.marks.iter().any(|mark| mark.2)) {
        notes.push("hollow: rate not reached".to_owned());
    }
    notes.extend(off_the_scale(&series, top));
    let title = format!("{what} by rate: {}", setting(results));
    let svg = canvas::draw(&Picture {
        title: &title,
        x_title: "events a second",
        x: scale::rates(&results.rates()),
        y,
        series: &series,
        legend_notes: &notes,
    })?;
    Ok(Plot { name: format!("rates-{level}"), title, svg })
}

/// The axis begins with the latencies from here on, in nines: the quickest few of all events would
/// stretch it downwards for nothing.
const FIRST: f64 = 0.1;

fn by_percentile(results: &Results, rate: Rate) -> Result<Plot> {
    let rows: Vec<&Row> = results.rows.iter().filter(|row| row.rate == rate).collect();
    let curves: Vec<Vec<(f64, f64)>> = rows.iter().map(|row| curve(row)).collect();
    let latencies = |overloaded: bool| -> Vec<f64> {
        let wanted = rows.iter().zip(&curves).filter(|(row, _)| row.overloaded == overloaded);
        let points = wanted.flat_map(|(_, curve)| curve).filter(|point| point.0 >= FIRST);
        points.map(|point| 10_f64.powf(point.1)).collect()
    };
    let y = scale::interesting(&latencies(false), &latencies(true));
    let (bottom, top) = (y.range.start, y.range.end);
    let series = |(stroke, name): (Stroke, &'static str)| {
        let (row, curve) = rows.iter().zip(&curves).find(|(row, _)| row.subject == name)?;
        let curve: Vec<_> = curve.iter().map(|&(x, latency)| (x, latency.max(bottom))).collect();
        let clip::Clipped { parts, exits } = clip::line(&curve, top);
        let nowhere = if parts.is_empty() { ", off the scale" } else { "" };
        Some(Series {
            label: name.to_owned(),
            remark: row
                .overloaded
                .then(|| format!("reached {} only{nowhere}", units::rate(row.reached.median))),
            stroke,
            parts,
            marks: vec![],
            above: exits,
        })
    };
    let series: Vec<Series> = strokes(results).filter_map(series).collect();
    let notes: Vec<String> = off_the_scale(&series, top).into_iter().collect();
    let last = curves.iter().filter_map(|curve| curve.last()).map(|point| point.0);
    let title = format!("Latency at {rate}: {}", setting(results));
    let svg = canvas::draw(&Picture {
        title: &title,
        x_title: "part of the events that took no longer",
        x: scale::percentiles(last.fold(0.0, f64::max)),
        y,
        series: &series,
        legend_notes: &notes,
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

/// Explains the marks at the top edge, if there are any.
fn off_the_scale(series: &[Series], top: f64) -> Option<String> {
    let any = series.iter().any(|series| !series.above.is_empty());
    any.then(|| format!("▲ above {}: off the scale", units::nanos(10_f64.powf(top))))
}

/// Writes what was the same in all runs.
fn setting(results: &Results) -> String {
    let plan = &results.plan;
    let readers = units::count(plan.readers, "reader");
    format!("{} bytes, {readers}, {} mode", plan.payload.bytes(), plan.mode)
}
