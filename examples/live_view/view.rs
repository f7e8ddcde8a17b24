//! What is drawn.

use std::time::Duration;

use broadring::{Member, MemberStats};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Cell, Paragraph, Row, Sparkline, Table, TableState};

use crate::control::{Control, Pace};
use crate::graph::Graph;
use crate::watch::{Speed, Watch};

/// The columns with their titles. That of the bars gets what the others leave.
const COLUMNS: [(&str, u16); 8] = [
    ("stage", 8),
    ("after", 8),
    ("pace", 13),
    ("behind", 0),
    ("", 7),
    ("events/s", 8),
    ("a batch", 7),
    ("parks/s", 7),
];

/// How many of the columns there are in a narrow terminal, and when it is one.
const FEW: usize = 6;
const NARROW: u16 = 90;

/// What is seen, besides what there is to see.
#[derive(Default)]
pub(crate) struct View {
    /// The row that the keys are about.
    pub(crate) chosen: usize,
}

impl View {
    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>, watch: &Watch, graph: &Graph) {
        let rows = graph.controls().len() as u16;
        let [title, table, holder, history, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(rows + 3),
            Constraint::Length(4),
            Constraint::Min(0),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        frame.render_widget(headline(watch), title);
        self.draw_stages(frame, table, watch, graph);
        frame.render_widget(holder_panel(watch).block(panel(" the writer ")), holder);
        draw_history(frame, history, watch);
        frame.render_widget(help(), keys);
    }

    fn draw_stages(&self, frame: &mut Frame<'_>, area: Rect, watch: &Watch, graph: &Graph) {
        let few = if area.width < NARROW { FEW } else { COLUMNS.len() };
        let columns = &COLUMNS[..few];
        let taken: u16 = columns.iter().map(|(_, width)| width + 1).sum();
        // Besides the edges and the mark.
        let bar = area.width.saturating_sub(taken + 3).max(6);
        let widths = columns.iter().map(|&(_, width)| match width {
            0 => Constraint::Length(bar),
            width => Constraint::Length(width),
        });
        let titles = columns.iter().map(|&(title, _)| Cell::new(title).dim());
        let rows = graph.controls().iter().map(|control| {
            let member =
                watch.now.members.iter().find(|row| row.member.name() == Some(control.name));
            match member {
                Some(member) => member_row(control, member, watch, bar.into()),
                None => writer_row(control, watch, bar.into()),
            }
        });
        let table = Table::new(rows, widths)
            .header(Row::new(titles))
            .row_highlight_style(Style::new().bg(Color::Indexed(236)).bold())
            .highlight_symbol("▸ ")
            .block(panel(" stages "));
        let mut state = TableState::new().with_selected(self.chosen);
        frame.render_stateful_widget(table, area, &mut state);
    }
}

fn panel(title: &str) -> Block<'_> {
    Block::bordered().border_type(BorderType::Rounded).border_style(Color::DarkGray).title(title)
}

fn headline(watch: &Watch) -> Line<'static> {
    let stats = &watch.now;
    let facts = format!(
        "   {} slots   {} published   {} a second   up {}",
        stats.capacity,
        stats.published,
        short(watch.of_writer().events),
        time(Duration::from_secs(stats.age.as_secs())),
    );
    Line::from(vec![" broadring ".bold().reversed(), facts.into()])
}

fn help() -> Line<'static> {
    let keys = [("↑↓", "choose"), ("←→", "slower, faster"), ("space", "pause"), ("q", "quit")];
    let spans = keys.map(|(key, does)| [format!(" {key} ").bold(), format!("{does}  ").dim()]);
    Line::from(spans.concat())
}

/// The writer: its bar shows how much of the ring is in use.
fn writer_row(control: &Control, watch: &Watch, width: usize) -> Row<'static> {
    let furthest = watch.now.slowest().map_or(watch.now.published, |slowest| slowest.position);
    let used = watch.now.published - furthest;
    let held_up = watch.now.writer.stalled_now.is_some();
    let style = if held_up { Color::Red } else { Color::Blue };
    row(control, "", used, watch.now.capacity, width, style.into(), &watch.of_writer())
}

fn member_row(control: &Control, stats: &MemberStats, watch: &Watch, width: usize) -> Row<'static> {
    let share = stats.lag as f64 / watch.now.capacity as f64;
    let color = match share {
        _ if !stats.gating => Color::DarkGray,
        _ if stats.holding.is_some() => Color::Red,
        share if share > 0.5 => Color::Yellow,
        _ => Color::Green,
    };
    let after: Vec<&str> = stats.after.iter().filter_map(Member::name).collect();
    let speed = watch.of_member(stats);
    row(control, &after.join(", "), stats.lag, watch.now.capacity, width, color.into(), &speed)
}

fn row(
    control: &Control,
    after: &str,
    lag: u64,
    capacity: usize,
    width: usize,
    style: Style,
    speed: &Speed,
) -> Row<'static> {
    let pace = match (control.is_paused(), control.pace) {
        (true, _) => "paused".to_owned(),
        (_, Pace::Rate) => format!("{}/s", short(control.rate() as f64)),
        (_, Pace::Work) if control.time().is_zero() => "at once".to_owned(),
        (_, Pace::Work) => format!("{} each", time(control.time())),
        (_, Pace::Interval) => format!("every {}", time(control.time())),
    };
    let per_batch = speed.per_batch.map_or_else(|| "–".to_owned(), short);
    Row::new([
        Cell::new(control.name),
        Cell::new(after.to_owned()),
        Cell::new(pace),
        Cell::new(bar(lag as f64 / capacity as f64, width, style)),
        right(lag.to_string()),
        right(short(speed.events)),
        right(per_batch),
        right(short(speed.parks)),
    ])
}

fn right(text: String) -> Cell<'static> {
    Cell::new(Line::from(text).right_aligned())
}

/// A bar in eighths of a character.
fn bar(share: f64, width: usize, style: Style) -> Line<'static> {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    let full = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let rest = "·".repeat(width - full.chars().count());
    Line::from(vec![Span::styled(full, style), rest.fg(Color::Indexed(238))])
}

/// Which member holds the writer back, and for how long the writer was held back in all.
fn holder_panel(watch: &Watch) -> Paragraph<'static> {
    let stats = &watch.now;
    let now = match stats.slowest() {
        Some(slowest) => match slowest.holding {
            Some(held) => {
                let text = format!("held back for {} by the {}", time(held), slowest.member);
                Line::from(text.red().bold())
            }
            None => {
                let (member, lag) = (slowest.member, slowest.lag);
                format!("has room; slowest is the {member}, {lag} behind").into()
            }
        },
        None => "has room; no reader is behind".into(),
    };
    let writer = &stats.writer;
    let share = 100.0 * writer.stalled.as_secs_f64() / stats.age.as_secs_f64();
    let ever = format!(
        "so far held back {} times for {} in all, {share:.0} % of the time; woken {} times",
        writer.stalls,
        time(writer.stalled),
        writer.wakes
    );
    Paragraph::new(vec![now, ever.dim().into()])
}

/// The last looks, the latest on the right.
fn draw_history(frame: &mut Frame<'_>, area: Rect, watch: &Watch) {
    let [rates, held_up] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    let most = watch.rates.iter().copied().max().unwrap_or(0);
    let title = format!(" events/s, at most {} ", short(most as f64));
    draw_line(frame, rates, &title, &watch.rates, most, Color::Blue);
    draw_line(frame, held_up, " time held back, of 100 % ", &watch.held_up, 1000, Color::Red);
}

fn draw_line<'v>(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    values: impl IntoIterator<Item = &'v u64>,
    most: u64,
    color: Color,
) {
    let values = values.into_iter().copied();
    let line = Sparkline::default()
        .data(values)
        .direction(ratatui::widgets::RenderDirection::RightToLeft)
        .max(most.max(1))
        .style(color)
        .block(panel(title));
    frame.render_widget(line, area);
}

/// A number with two or three digits and a unit.
fn short(number: f64) -> String {
    match number {
        _ if number >= 1e6 => format!("{:.1} M", number / 1e6),
        _ if number >= 1e4 => format!("{:.0} k", number / 1e3),
        _ if number >= 1e3 => format!("{:.1} k", number / 1e3),
        _ => format!("{number:.0}"),
    }
}

/// A duration with two or three digits and a unit.
fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds >= 10.0 => format!("{seconds:.0} s"),
        seconds if seconds >= 1.0 => format!("{seconds:.1} s"),
        seconds if seconds >= 0.001 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{:.0} µs", seconds * 1e6),
    }
}
