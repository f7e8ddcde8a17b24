//! What is drawn.

use std::collections::VecDeque;
use std::time::Duration;

use broadring::Stats;
use broadring_log::JournalStats;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Bar, BarChart, BarGroup, Block, BorderType, Gauge, Paragraph, Sparkline};

/// How many looks are remembered.
const MEMORY: usize = 400;

/// The times that syncs are sorted by, in microseconds.
const LIMITS: [u64; 8] = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];

/// What was seen of the journal.
pub(crate) struct View {
    now: JournalStats,
    /// Events a second that were written between two looks, the latest first.
    rates: VecDeque<u64>,
    /// Events in a frame between the last two looks.
    per_frame: f64,
}

impl View {
    pub(crate) fn new(now: JournalStats) -> Self {
        Self { now, rates: VecDeque::new(), per_frame: 0.0 }
    }

    /// Takes another snapshot.
    pub(crate) fn look(&mut self, now: JournalStats, interval: Duration) {
        let (events, frames) =
            (now.log.events - self.now.log.events, now.log.frames - self.now.log.frames);
        self.rates.push_front((events as f64 / interval.as_secs_f64()) as u64);
        self.rates.truncate(MEMORY);
        self.per_frame = if frames == 0 { 0.0 } else { events as f64 / frames as f64 };
        self.now = now;
    }

    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>, ring: &Stats, wanted: u64, full: bool) {
        let [title, facts, lag, history, syncs, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(5),
            Constraint::Length(3),
            Constraint::Min(3),
            Constraint::Length(10),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        frame.render_widget(self.headline(full), title);
        frame.render_widget(self.facts(ring, wanted).block(panel(" the journal ")), facts);
        frame.render_widget(self.lag(ring), lag);
        let rates: Vec<u64> = self.rates.iter().copied().collect();
        let spark = Sparkline::default().data(&rates).style(Color::Blue);
        frame.render_widget(spark.block(panel(" events a second, written down ")), history);
        self.draw_syncs(frame, syncs);
        frame.render_widget(help(), keys);
    }

    fn headline(&self, full: bool) -> Line<'static> {
        let state = match (&self.now.failure, self.now.in_memory) {
            (Some(failure), _) => format!(" stopped: {failure} ").white().on_red(),
            (None, Some(time)) => {
                format!(" in memory only, for {:.1} s ", time.as_secs_f64()).black().on_yellow()
            }
            (None, None) => " writing ".black().on_green(),
        };
        let disk = if full { "   the disk is full".red() } else { Span::raw("") };
        Line::from(vec![" broadring-log ".bold().reversed(), "  ".into(), state, disk])
    }

    fn facts(&self, ring: &Stats, wanted: u64) -> Paragraph<'static> {
        let log = &self.now.log;
        let rate = self.rates.front().copied().unwrap_or(0);
        Paragraph::new(vec![
            Line::from(format!(
                "wanted {wanted}/s   written {rate}/s   {:.0} events a frame",
                self.per_frame
            )),
            Line::from(format!(
                "published {}   committed {}   on the disk {}",
                ring.cursor, log.committed, log.durable
            )),
            Line::from(format!(
                "{} frames   {:.1} MB   {} syncs   half within {:?}, 99 of 100 within {:?}   {} failures",
                log.frames,
                log.bytes as f64 / 1e6,
                log.syncs,
                log.sync_times.quantile(0.5),
                log.sync_times.quantile(0.99),
                log.failures,
            )),
        ])
    }

    /// How far the disk is behind the stream, against the ring.
    fn lag(&self, ring: &Stats) -> Gauge<'static> {
        let share = self.now.lag as f64 / ring.capacity as f64;
        let color = match share {
            share if share > 1.0 => Color::Red,
            share if share > 0.5 => Color::Yellow,
            _ => Color::Green,
        };
        Gauge::default()
            .block(panel(" the disk is behind the stream, in rings "))
            .gauge_style(color)
            .ratio(share.min(1.0))
            .label(format!("{} events", self.now.lag))
    }

    fn draw_syncs(&self, frame: &mut Frame<'_>, area: ratatui::layout::Rect) {
        let mut counts = [0; LIMITS.len() + 1];
        for (time, count) in self.now.log.sync_times.buckets() {
            let micros = time.as_micros() as u64;
            counts[LIMITS.iter().position(|limit| micros <= *limit).unwrap_or(LIMITS.len())] +=
                count;
        }
        let bars: Vec<_> = counts
            .iter()
            .enumerate()
            .map(|(nth, count)| {
                let label = LIMITS
                    .get(nth)
                    .map_or_else(|| "more".to_owned(), |limit| format!("{limit} us"));
                Bar::default().value(*count).label(label).style(Color::Cyan)
            })
            .collect();
        let chart =
            BarChart::default().data(BarGroup::default().bars(&bars)).bar_width(8).bar_gap(1);
        frame.render_widget(chart.block(panel(" how long a sync has taken ")), area);
    }
}

fn panel(title: &str) -> Block<'_> {
    Block::bordered().border_type(BorderType::Rounded).border_style(Color::DarkGray).title(title)
}

fn help() -> Line<'static> {
    let keys = [("←→", "slower, faster"), ("f", "fill the disk, or clear it"), ("q", "quit")];
    let spans = keys.map(|(key, does)| [format!(" {key} ").bold(), format!("{does}  ").dim()]);
    Line::from(spans.concat())
}
