//! What a person sees: bars while something takes long, and numbers that can be read.

use core::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

/// How often a bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);

/// Standard output, with a buffer.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// A bar for so many bytes, or none where nobody knows how many there are. It is on standard error, and only
/// where that is a terminal.
pub(crate) fn bar(verb: &str, bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(bytes) => {
            (ProgressBar::new(bytes), "{prefix} [{bar:30}] {bytes} of {total_bytes} {msg}")
        }
        None => (ProgressBar::new_spinner(), "{prefix} {spinner} {bytes} {msg}"),
    };
    let style = ProgressStyle::with_template(template)
        .expect("the templates above are well formed")
        .progress_chars("=> ");
    let bar = bar.with_style(style).with_prefix(verb.to_owned());
    bar.enable_steady_tick(REDRAW);
    bar
}

/// Returns so many of something in words: `1 event`, `2,000 events`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

/// Returns so many bytes for people.
pub(crate) fn bytes(count: u64) -> impl Display {
    HumanBytes(count)
}

/// Returns how many there were a second.
pub(crate) fn rate(count: u64, time: Duration) -> u64 {
    (count as f64 / time.as_secs_f64().max(1e-9)) as u64
}

/// Prints a line on standard error. If that is closed, there is nobody to tell.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
