//! A snapshot as a table for people to read.

#![forbid(unsafe_code)]

use core::fmt::{self, Alignment};
use core::time::Duration;

use super::snapshot::{MemberStats, Stats};
use crate::member::Member;

/// The columns of the table of members.
const COLUMNS: [(&str, Alignment); 8] = [
    ("member", Alignment::Left),
    ("position", Alignment::Right),
    ("lag", Alignment::Right),
    ("batches", Alignment::Right),
    ("largest", Alignment::Right),
    ("parks", Alignment::Right),
    ("holds writer", Alignment::Right),
    ("comes after", Alignment::Left),
];

/// The cells of one line.
type Cells = [String; COLUMNS.len()];

/// A few lines for people to read: the state of the ring, then a table with a line for each member.
/// The column `holds writer` says how long a member has held the writer back at its position, `no`
/// if it does not, and `free` if the writer may overtake it.
///
/// The text is not meant to be parsed, and may change.
impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_ring(f)?;
        self.fmt_writer(f)?;
        write!(f, "readers    woken {}", times(self.reader_wakes))?;
        self.fmt_members(f)
    }
}

impl Stats {
    fn fmt_ring(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, published, cursor, .. } = self;
        let state = if self.closed { "closed" } else { "open" };
        let name = self.name.as_ref().map(|name| format!("{name:?}, ")).unwrap_or_default();
        write!(f, "ring       {name}{capacity} slots, {state}, {published} published")?;
        if published > cursor {
            write!(f, ", {cursor} passed on")?;
        }
        match &self.editor_left {
            Some(editor) => writeln!(f, ", the {} has left", editor.within_ring()),
            None => writeln!(f),
        }
    }

    fn fmt_writer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writer = &self.writer;
        if writer.stalls == 0 {
            return writeln!(f, "writer     never held up");
        }
        let (stalls, stalled) = (times(writer.stalls), brief(writer.stalled));
        write!(f, "writer     held up {stalls} for {stalled} in all")?;
        if let Some(time) = writer.stalled_now {
            write!(f, ", {} of it just now", brief(time))?;
        }
        write!(f, ", parked {}, woken {}", times(writer.parks), times(writer.wakes))?;
        match writer.evictions {
            0 => writeln!(f),
            1 => writeln!(f, ", 1 reader evicted"),
            several => writeln!(f, ", {several} readers evicted"),
        }
    }

    fn fmt_members(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.members.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        let titles = COLUMNS.map(|(title, _)| title.to_owned());
        let lines: Vec<Cells> =
            [titles].into_iter().chain(self.members.iter().map(cells)).collect();
        let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max();
        let widths: [usize; COLUMNS.len()] =
            core::array::from_fn(|column| width(column).unwrap_or(0));
        for cells in &lines {
            let mut line = String::new();
            for ((cell, (_, alignment)), width) in cells.iter().zip(COLUMNS).zip(widths) {
                line += &match alignment {
                    Alignment::Right => format!("{cell:>width$}  "),
                    _ => format!("{cell:<width$}  "),
                };
            }
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn cells(row: &MemberStats) -> Cells {
    let label = |member: &Member| member.within_ring().to_string();
    let after: Vec<String> = row.after.iter().map(label).collect();
    let holds = match row.holding {
        Some(time) => format!("for {}", brief(time)),
        None if row.gating => "no".to_owned(),
        None => "free".to_owned(),
    };
    [
        label(&row.member),
        row.position.to_string(),
        row.lag.to_string(),
        row.batches.to_string(),
        row.largest_batch.to_string(),
        row.parks.to_string(),
        holds,
        after.join(", "),
    ]
}

fn times(count: u64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

/// A duration, rounded for reading.
fn brief(duration: Duration) -> String {
    format!("{duration:.1?}")
}
