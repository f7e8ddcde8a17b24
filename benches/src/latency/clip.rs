//! What lies beyond the top of a plot: lines are cut there, and points are marked at the edge.

/// A point, in powers of ten.
type Point = (f64, f64);

/// A line with a top edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Clipped {
    /// The parts of the line that lie below the edge.
    pub(super) parts: Vec<Vec<Point>>,
    /// Where the line goes over the edge.
    pub(super) exits: Vec<f64>,
}

/// Cuts a line at a top edge.
pub(super) fn line(points: &[Point], top: f64) -> Clipped {
    let mut clipped = Clipped::default();
    let mut part = Vec::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| points[before]);
        let crossing = before.and_then(|before| crosses(before, (x, y), top));
        if let Some(crossing) = crossing {
            part.push((crossing, top));
        }
        if y <= top {
            part.push((x, y));
        } else if !part.is_empty() {
            clipped.exits.extend(part.last().map(|&(x, _)| x));
            clipped.parts.push(std::mem::take(&mut part));
        }
    }
    if !part.is_empty() {
        clipped.parts.push(part);
    }
    clipped
}

/// Returns where the line between two points crosses the edge.
fn crosses((x, y): Point, (to_x, to_y): Point, top: f64) -> Option<f64> {
    ((y <= top) != (to_y <= top)).then(|| x + (to_x - x) * (top - y) / (to_y - y))
}
