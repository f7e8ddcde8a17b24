//! How a plot is drawn: axes, lines, and the legend beside them, where it hides none.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::palette::{FINE_GRID, GRID, INK, PAPER, Stroke};
use super::scale::Scale;

/// What is drawn.
#[derive(Debug)]
pub(super) struct Picture<'a> {
    /// Above it.
    pub(super) title: &'a str,
    /// Below the horizontal axis.
    pub(super) x_title: &'a str,
    /// The horizontal axis.
    pub(super) x: Scale,
    /// The vertical axis: latencies.
    pub(super) y: Scale,
    /// The lines; the first is drawn over the others.
    pub(super) series: &'a [Series],
    /// Below the legend, a line each.
    pub(super) legend_notes: &'a [String],
}

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// Its name.
    pub(super) label: String,
    /// What to know about it, in small print below its name.
    pub(super) remark: Option<String>,
    /// How it is drawn.
    pub(super) stroke: Stroke,
    /// Its points, in powers of ten, in as many parts as lie on the scale.
    pub(super) parts: Vec<Vec<(f64, f64)>>,
    /// The points that get a dot, hollow or not.
    pub(super) marks: Vec<(f64, f64, bool)>,
    /// Where it leaves the scale, or has a point above it.
    pub(super) above: Vec<f64>,
}

const WIDTH: u32 = 1040;
/// At least; a long legend makes it higher.
const HEIGHT: u32 = 560;
const LEGEND: u32 = 250;
const TITLE: u32 = 50;

const LEGEND_TOP: i32 = 14;
const NAME_LINE: i32 = 24;
const REMARK_LINE: i32 = 16;

/// How far apart the marks of two series are that leave the scale at the same place, as a part of
/// the width.
const ASIDE: f64 = 0.011;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws it as SVG.
pub(super) fn draw(picture: &Picture<'_>) -> Result<String> {
    let mut svg = String::new();
    {
        let size = (WIDTH, HEIGHT.max(TITLE + legend_height(picture)));
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        // Its error type is bound to the backend, which is gone when this returns.
        paint(&root, picture).map_err(|error| anyhow!("drawing {:?}: {error}", picture.title))?;
    }
    Ok(svg)
}

fn paint(root: &Area<'_>, picture: &Picture<'_>) -> Result<(), Box<dyn std::error::Error>> {
    root.fill(&PAPER)?;
    root.draw(&Text::new(picture.title, (20, 18), font(20)))?;
    let (_, below) = root.split_vertically(TITLE);
    let (plot, legend) = below.split_horizontally(WIDTH - LEGEND);
    lines(&plot, picture)?;
    names(&legend, picture)?;
    root.present()?;
    Ok(())
}

/// Returns how much the names, their remarks and the note take.
fn legend_height(picture: &Picture<'_>) -> u32 {
    let remarks = picture.series.iter().filter(|series| series.remark.is_some()).count();
    let lines = picture.series.len() as u32 * NAME_LINE as u32;
    let notes = picture.legend_notes.len();
    LEGEND_TOP as u32 + lines + (remarks + notes) as u32 * REMARK_LINE as u32 + 20
}

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

fn lines(area: &Area<'_>, picture: &Picture<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(12)
        .margin_right(28)
        .margin_bottom(10)
        .margin_left(14)
        .x_label_area_size(54)
        .y_label_area_size(78)
        .build_cartesian_2d(picture.x.clone(), picture.y.clone())?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(FINE_GRID)
        .axis_style(INK)
        .label_style(font(16))
        .axis_desc_style(font(17))
        .x_desc(picture.x_title)
        .y_desc("latency")
        .draw()?;
    let top = picture.y.range.end;
    let width = picture.x.range.end - picture.x.range.start;
    for (number, series) in picture.series.iter().enumerate().rev() {
        let stroke = series.stroke;
        for part in &series.parts {
            let points = part.iter().copied();
            match stroke.dashes {
                None => chart.draw_series(LineSeries::new(points, stroke.style()))?,
                Some((dash, gap)) => {
                    chart.draw_series(DashedLineSeries::new(points, dash, gap, stroke.style()))?
                }
            };
        }
        // Side by side, since many leave the scale at the same place.
        let aside = (number as f64 - (picture.series.len() - 1) as f64 / 2.0) * width * ASIDE;
        chart.draw_series(series.above.iter().map(|&x| {
            let x = (x + aside).clamp(picture.x.range.start, picture.x.range.end);
            TriangleMarker::new((x, top), 7, stroke.color.filled())
        }))?;
        let radius = stroke.width + 2;
        chart.draw_series(series.marks.iter().flat_map(|&(x, y, hollow)| {
            let inside = if hollow { PAPER } else { stroke.color };
            let edge = ShapeStyle { stroke_width: 2, ..stroke.style() };
            [Circle::new((x, y), radius, inside.filled()), Circle::new((x, y), radius, edge)]
        }))?;
    }
    Ok(())
}

fn names(area: &Area<'_>, picture: &Picture<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let centred = Pos::new(HPos::Left, VPos::Center);
    let mut y = LEGEND_TOP;
    for series in picture.series {
        let stroke = series.stroke;
        let mut x = 4;
        let end = 40;
        let (dash, gap) = stroke.dashes.unwrap_or((36, 0));
        while x < end {
            let to = (x + dash as i32).min(end);
            area.draw(&PathElement::new(vec![(x, y), (to, y)], stroke.style()))?;
            x = to + gap as i32;
        }
        area.draw(&Text::new(series.label.clone(), (50, y), font(17).pos(centred)))?;
        if let Some(remark) = &series.remark {
            y += REMARK_LINE;
            area.draw(&Text::new(remark.clone(), (50, y), font(15).pos(centred)))?;
        }
        y += NAME_LINE;
    }
    for note in picture.legend_notes {
        area.draw(&Text::new(note.clone(), (4, y + 8), font(15).pos(centred)))?;
        y += REMARK_LINE;
    }
    Ok(())
}
