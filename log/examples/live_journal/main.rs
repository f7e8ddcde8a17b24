//! Watches a journal at work, and lets you fill its disk.
//!
//! ```text
//! cargo run --release -p broadring-log --example live_journal
//! ```
//!
//! A writer publishes ticks at a steady rate. A journal writes them down, and goes on in memory for ten seconds if
//! the disk refuses; a reader behind the journal sees what is safe. Make the writer faster and see the batches
//! grow. Press `f`, and the disk is full: see how far the disk falls behind, and press `f` again in time.
//!
//! `disk.rs` is a directory that can be made to refuse, and `view.rs` draws what `Journal::stats` and `Ring::stats`
//! tell.

mod disk;
mod view;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use broadring::{Ring, Writer};
use broadring_log::codec::Fixed;
use broadring_log::{Journal, Log, OnFailure, Retention};
use clap::Parser;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::disk::Refusing;
use crate::view::View;

/// How often the picture changes.
const INTERVAL: Duration = Duration::from_millis(200);

/// How many events the writer publishes at once.
const BURST: u64 = 100;

/// An event: a number, and what it is about.
pub(crate) type Tick = [u64; 8];

/// Watches a journal at work, and lets you fill its disk.
#[derive(Parser)]
struct Options {
    /// The directory of the log; a temporary one, which is removed, unless this is given.
    #[arg(long)]
    dir: Option<PathBuf>,

    /// Quits after so many seconds.
    #[arg(long)]
    seconds: Option<f64>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    anyhow::ensure!(io::stdout().is_terminal(), "this needs a terminal to draw on");
    let temporary = tempfile::tempdir()?;
    let dir = options.dir.unwrap_or_else(|| temporary.path().join("ticks"));
    let disk = Refusing::new(&dir)?;
    let log = Log::options()
        .segment_bytes(16 << 20)
        .retention(Retention::EVERYTHING.bytes(64 << 20))
        .open_on(Arc::clone(&disk) as _)?;
    let (writer, ring) =
        Ring::builder(4096).name("ticks").first_sequence(log.next_sequence()).build(|| [0; 8]);
    let in_memory = OnFailure::Memory { within: Duration::from_secs(10), bytes: 256 << 20 };
    let journal = Journal::builder(log, Fixed::new(0)).on_failure(in_memory).start(&ring)?;
    let safe = ring.reader().name("safe").after(&journal)?.managed().spawn(|_, _, _| ())?;

    let rate = Arc::new(AtomicU64::new(10_000));
    let stop = Arc::new(AtomicBool::new(false));
    let publisher = publish(writer, Arc::clone(&rate), Arc::clone(&stop));
    let mut terminal = ratatui::try_init().context("cannot draw on this terminal")?;
    let until = options.seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
    let shown = show(&mut terminal, &ring, &journal, &disk, &rate, until);
    ratatui::restore();

    stop.store(true, Ordering::Relaxed);
    let stats = journal.stats();
    disk.refuse(false);
    if journal.failure().is_some() {
        // Frees the writer, which nobody makes room for any more.
        drop(journal);
    } else {
        publisher.join().expect("it only publishes");
        let log = journal.join()?;
        println!("The log goes on with {}.", log.close()?);
        safe.join()?;
    }
    shown?;
    println!("The last that was seen of the journal: {stats}");
    Ok(())
}

/// Publishes ticks at a rate that can change, until it is to stop.
fn publish(
    mut writer: Writer<Tick>,
    rate: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut due = Instant::now();
        let mut number = u64::from(writer.cursor());
        while !stop.load(Ordering::Relaxed) {
            for _ in 0..BURST {
                // A writer that is held back looks now and then whether it is to stop.
                let mut event = [number; 8];
                while let Err(refused) = writer.publish_timeout(event, INTERVAL) {
                    event = refused.into_inner();
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                }
                number += 1;
            }
            due += Duration::from_secs_f64(BURST as f64 / rate.load(Ordering::Relaxed) as f64);
            let now = Instant::now();
            thread::sleep(due.saturating_duration_since(now));
            // What it could not publish while it was held back, it does not make up for.
            due = due.max(now);
        }
    })
}

/// Draws until the user wants to quit.
fn show(
    terminal: &mut DefaultTerminal,
    ring: &Ring<Tick>,
    journal: &Journal<Tick>,
    disk: &Refusing,
    rate: &AtomicU64,
    until: Option<Instant>,
) -> io::Result<()> {
    let mut view = View::new(journal.stats());
    let mut next = Instant::now() + INTERVAL;
    while until.is_none_or(|until| Instant::now() < until) {
        let (wanted, full) = (rate.load(Ordering::Relaxed), disk.refuses());
        terminal.draw(|frame| view.draw(frame, &ring.stats(), wanted, full))?;
        if event::poll(next.saturating_duration_since(Instant::now()))?
            && let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
        {
            match key.code {
                _ if wants_to_quit(key) => return Ok(()),
                KeyCode::Left | KeyCode::Char('-') => {
                    rate.store((wanted / 2).max(100), Ordering::Relaxed)
                }
                KeyCode::Right | KeyCode::Char('+') => {
                    rate.store((wanted * 2).min(100_000_000), Ordering::Relaxed)
                }
                KeyCode::Char('f') => disk.refuse(!full),
                _ => {}
            }
        }
        if Instant::now() >= next {
            view.look(journal.stats(), INTERVAL);
            next = Instant::now() + INTERVAL;
        }
    }
    Ok(())
}

/// While the terminal is raw, Ctrl-C is a key like any other.
fn wants_to_quit(key: KeyEvent) -> bool {
    let interrupt = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
    interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}
