//! Watches a ring at work, and lets you slow its stages down.
//!
//! ```text
//! cargo run --release --example live_view
//! ```
//!
//! A writer publishes orders at a steady rate. An editor completes them; a journal and a risk
//! check read them, the logic reads them after the journal, and an observer looks in now and
//! then. Choose one with the arrow keys and make it slower: see the lag grow until the ring is
//! full, and which reader is said to hold the writer back. The observer never is.
//!
//! `graph.rs` is the program that is watched: who reads, and after whom. `watch.rs` makes rates
//! of snapshots from `Ring::stats`, and `view.rs` draws them. `control.rs` is how the keys reach
//! the threads.

mod control;
mod graph;
mod view;
mod watch;

use std::io::{self, IsTerminal};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::graph::Graph;
use crate::view::View;
use crate::watch::Watch;

/// How often the picture changes.
const TICK: Duration = Duration::from_millis(200);

/// Watches a ring at work, and lets you slow its stages down.
#[derive(Parser)]
struct Options {
    /// Number of slots in the ring, a power of two.
    #[arg(long, default_value_t = 1024)]
    capacity: usize,

    /// Panics after a second, to show that the terminal survives it.
    #[arg(long, hide = true)]
    panic: Option<Panic>,
}

/// Where to panic.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Panic {
    View,
    Stage,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    anyhow::ensure!(io::stdout().is_terminal(), "this needs a terminal to draw on");
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }

    let fault = (options.panic == Some(Panic::Stage)).then(|| Instant::now() + TICK * 5);
    let graph = Graph::start(options.capacity, fault)?;
    let mut terminal = ratatui::try_init().context("cannot draw on this terminal")?;
    let panics = keep_panics_of_others();
    let shown = show(&mut terminal, &graph, &stop, options.panic);
    ratatui::restore();

    let ring = graph.ring().clone();
    let last = ring.stats();
    let stopped = graph.stop();
    for message in panics.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).iter() {
        eprintln!("{message}");
    }
    shown?;
    stopped?;
    println!("The last that was seen of the ring:\n\n{last}\n");
    println!("All threads are done, and every reader has read all {} events.", ring.cursor());
    Ok(())
}

/// Draws until the user wants to quit.
fn show(
    terminal: &mut DefaultTerminal,
    graph: &Graph,
    stop: &AtomicBool,
    panic: Option<Panic>,
) -> io::Result<()> {
    let mut watch = Watch::new(graph.ring().clone());
    let mut view = View::default();
    let start = Instant::now();
    let mut next = start + TICK;
    while !stop.load(Ordering::Relaxed) && !graph.is_broken() {
        terminal.draw(|frame| view.draw(frame, &watch, graph))?;
        if event::poll(next.saturating_duration_since(Instant::now()))? {
            match event::read()? {
                Event::Key(key) if wants_to_quit(key) => break,
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    press(key, &mut view, graph)
                }
                _ => {}
            }
        }
        if Instant::now() >= next {
            watch.look();
            next = Instant::now() + TICK;
        }
        if panic == Some(Panic::View) && start.elapsed() > TICK * 5 {
            panic!("as was asked for");
        }
    }
    Ok(())
}

/// While the terminal is raw, Ctrl-C is a key like any other.
fn wants_to_quit(key: KeyEvent) -> bool {
    let interrupt = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
    interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}

fn press(key: KeyEvent, view: &mut View, graph: &Graph) {
    let controls = graph.controls();
    let chosen = &controls[view.chosen];
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => view.chosen = view.chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => {
            view.chosen = (view.chosen + 1).min(controls.len() - 1);
        }
        KeyCode::Left | KeyCode::Char('-') => chosen.slower(),
        KeyCode::Right | KeyCode::Char('+') => chosen.faster(),
        KeyCode::Char(' ') => chosen.pause_or_go_on(),
        _ => {}
    }
}

/// Lets only a panic of this thread restore the terminal. Those of others are kept for later:
/// this thread notices that one is gone, and ends the view.
fn keep_panics_of_others() -> Arc<Mutex<Vec<String>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (keeper, drawing) = (Arc::clone(&kept), thread::current().id());
    let restore_and_report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == drawing {
            restore_and_report(info);
        } else if let Ok(mut kept) = keeper.lock() {
            let name = thread::current().name().unwrap_or("a thread").to_owned();
            kept.push(format!("{name}: {info}"));
        }
    }));
    kept
}
