//! Colours that colour-blind people tell apart, after Okabe and Ito, and that stand
//! out from white as from black; where they run out, dashes.

use plotters::style::{RGBColor, ShapeStyle};

/// Text and axes. The report replaces it with the reader's own text colour.
pub(super) const INK: RGBColor = RGBColor(0x24, 0x29, 0x2f);
/// The lines of the grid that have a label.
pub(super) const GRID: RGBColor = RGBColor(0xd4, 0xd9, 0xdf);
/// The lines between those.
pub(super) const FINE_GRID: RGBColor = RGBColor(0xee, 0xf0, 0xf3);
/// Behind everything.
pub(super) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

const OWN: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const OTHERS: [RGBColor; 6] = [
    RGBColor(0x1f, 0x7f, 0xbf),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xc2, 0x6a, 0x99),
    RGBColor(0x8c, 0x8c, 0x8c),
    RGBColor(0x4f, 0xb0, 0xe0),
    RGBColor(0xd9, 0x9a, 0x00),
];

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    /// Its colour.
    pub(super) color: RGBColor,
    /// Its width in pixels.
    pub(super) width: u32,
    /// The lengths of its dashes and of the gaps between them, if it has any.
    pub(super) dashes: Option<(u32, u32)>,
}

impl Stroke {
    /// Returns the stroke of the subject with this number; the first is broadring's.
    pub(super) fn of(subject: usize) -> Self {
        let Some(other) = subject.checked_sub(1) else {
            return Self { color: OWN, width: 4, dashes: None };
        };
        let dashes = [None, Some((7, 5)), Some((2, 4))];
        Self {
            color: OTHERS[other % OTHERS.len()],
            width: 2,
            dashes: dashes[other / OTHERS.len() % dashes.len()],
        }
    }

    /// Returns it without the dashes.
    pub(super) fn style(self) -> ShapeStyle {
        ShapeStyle { color: self.color.into(), filled: false, stroke_width: self.width }
    }
}

/// Writes a colour as the plots do.
pub(super) fn hex(color: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}
