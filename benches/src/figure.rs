//! A measured figure: the same thing measured several times.

use serde::Serialize;

/// What several turns amount to, in one unit.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The middle one; between the two middle ones if their number is even.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
    /// Turn by turn.
    pub values: Vec<f64>,
}

impl Figure {
    /// Sums up the values of the turns.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn of(values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "nothing was measured");
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        };
        Self { median, least: sorted[0], greatest: sorted[sorted.len() - 1], values }
    }

    /// Writes how far the turns were apart.
    pub fn spread(&self) -> String {
        format!("{}–{}", number(self.least), number(self.greatest))
    }
}

/// Writes a number with about three digits that mean something.
pub fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn the_median_of_an_even_number_of_turns_lies_between_the_middle_ones() {
        assert_eq!(Figure::of(vec![4.0, 1.0, 2.0, 100.0]).median, 3.0);
    }

    #[test]
    fn one_bad_turn_moves_the_spread_and_not_the_median() {
        let figure = Figure::of(vec![1.0, 900.0, 2.0]);
        assert_eq!((figure.median, figure.least, figure.greatest), (2.0, 1.0, 900.0));
        assert_eq!(figure.values, [1.0, 900.0, 2.0], "kept in the order they came in");
    }
}
