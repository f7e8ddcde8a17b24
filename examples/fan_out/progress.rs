//! What a person sees while the example runs. Where standard error is not a
//! terminal, there is nothing to see, and nothing is printed.

use std::time::Duration;

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};

/// How many records go by between two messages about them.
const RECORDS_PER_MESSAGE: u64 = 64;

/// How often the bars are drawn, also while nothing happens.
const REDRAW: Duration = Duration::from_millis(100);

/// One bar for the input, and one for the lag of every reader.
#[derive(Debug)]
pub(crate) struct Progress {
    bars: MultiProgress,
    input: ProgressBar,
}

impl Progress {
    /// Shows how much of `len` bytes is published, or only how much if nobody
    /// knows how long the input is.
    pub(crate) fn new(len: Option<u64>) -> Self {
        let bars = MultiProgress::new();
        let (input, template) = match len {
            Some(len) => (
                ProgressBar::new(len),
                "published [{bar:20}] {bytes} of {total_bytes}, {msg} records",
            ),
            None => (ProgressBar::new_spinner(), "published {spinner} {bytes}, {msg} records"),
        };
        let input = bars.add(input.with_style(style(template)).with_message("0"));
        input.enable_steady_tick(REDRAW);
        Self { bars, input }
    }

    /// Adds a bar for how far a reader is behind. It is empty while the reader keeps up, and
    /// full while the reader holds the writer back.
    pub(crate) fn lag(&self, name: &'static str, capacity: usize) -> ProgressBar {
        let bar = ProgressBar::new(capacity as u64).with_prefix(name);
        let style = style("{prefix:>9} [{bar:20}] {pos} of {len} behind {msg}");
        let bar = self.bars.add(bar.with_style(style));
        bar.enable_steady_tick(REDRAW);
        bar
    }

    /// Notes how much is published so far.
    pub(crate) fn published(&self, records: u64, bytes: u64) {
        self.input.set_position(bytes);
        if records.is_multiple_of(RECORDS_PER_MESSAGE) {
            self.input.set_message(HumanCount(records).to_string());
        }
    }

    /// Removes all bars from the screen.
    pub(crate) fn clear(&self) {
        self.input.finish();
        // If the terminal is gone, there is nothing to take away.
        let _ = self.bars.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates above are well formed")
        .progress_chars("=> ")
}
