//! The program that is watched: a writer, an editor, three readers and an observer, each on
//! a thread of its own.

use std::hint;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use broadring::{Editor, Observer, Reader, Ring, Writer};

use crate::control::{Board, Control, Pace, Worker};

/// How often the writer publishes.
const TICK: Duration = Duration::from_millis(5);

/// What goes through the ring.
#[derive(Default)]
pub(crate) struct Order {
    price: u64,
    quantity: u64,
    /// Filled in by the editor.
    total: u64,
}

/// All threads, and what they are told.
pub(crate) struct Graph {
    ring: Ring<Order>,
    board: Arc<Board>,
    controls: Vec<Arc<Control>>,
    threads: Vec<JoinHandle<()>>,
}

impl Graph {
    /// Starts all threads. One of them panics at `fault`, if there is one.
    pub(crate) fn start(capacity: usize, fault: Option<Instant>) -> anyhow::Result<Self> {
        let (writer, [editor], ring) =
            Ring::try_builder(capacity)?.build_with_editors(["enrich"], Order::default);
        let journal = ring.reader().name("journal").subscribe()?;
        let logic = ring.reader().name("logic").after(&journal)?.subscribe()?;
        let risk = ring.reader().name("risk").subscribe()?;
        let tap = ring.reader().name("tap").observe()?;

        let board = Arc::default();
        let (controls, threads) = (Vec::new(), Vec::new());
        let mut graph = Self { ring, board, controls, threads };
        graph.spawn("writer", Pace::Rate, 6, move |control| write(writer, control))?;
        graph.spawn("enrich", Pace::Work, 16, move |control| edit(editor, control))?;
        graph.spawn("journal", Pace::Work, 14, move |control| read(journal, control, None))?;
        graph.spawn("logic", Pace::Work, 14, move |control| read(logic, control, fault))?;
        graph.spawn("risk", Pace::Work, 15, move |control| read(risk, control, None))?;
        graph.spawn("tap", Pace::Interval, 4, move |control| look(tap, control))?;
        Ok(graph)
    }

    fn spawn(
        &mut self,
        name: &'static str,
        pace: Pace,
        level: usize,
        run: impl FnOnce(&Control) + Send + 'static,
    ) -> anyhow::Result<()> {
        let control = Arc::new(Control::new(name, pace, level, &self.board));
        self.controls.push(Arc::clone(&control));
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || run(&control));
        self.threads.push(thread.with_context(|| format!("cannot start the thread {name}"))?);
        Ok(())
    }

    pub(crate) fn ring(&self) -> &Ring<Order> {
        &self.ring
    }

    /// What can be told to whom: first the writer, then everybody else.
    pub(crate) fn controls(&self) -> &[Arc<Control>] {
        &self.controls
    }

    /// Whether a thread has ended before its time.
    pub(crate) fn is_broken(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Stops the writer, lets everybody else read what is left, and waits for them.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let mut broken = Vec::new();
        for (name, joined) in self.join() {
            if joined.is_err() {
                broken.push(name);
            }
        }
        anyhow::ensure!(broken.is_empty(), "{} did not come to the end", broken.join(", "));
        Ok(())
    }

    fn join(&mut self) -> Vec<(&'static str, thread::Result<()>)> {
        self.board.stop();
        let threads = self.controls.iter().zip(self.threads.drain(..));
        threads.map(|(control, thread)| (control.name, thread.join())).collect()
    }
}

/// Also when the view panics, no thread is left behind.
impl Drop for Graph {
    fn drop(&mut self) {
        self.join();
    }
}

/// Publishes at a steady rate. What it could not publish while the ring was full it does not
/// make up for.
fn write(mut writer: Writer<Order>, control: &Control) {
    let mut due = Instant::now();
    let mut thousandths = 0;
    while control.goes_on() {
        thousandths += control.rate() * TICK.as_millis() as u64;
        let first = writer.cursor().get();
        writer.publish_all((first..first + thousandths / 1000).map(|number| Order {
            price: 100 + number % 17,
            quantity: 1 + number % 5,
            total: 0,
        }));
        thousandths %= 1000;
        due = (due + TICK).max(Instant::now());
        control.wait_until(due);
    }
}

/// Completes every order before any reader sees it.
fn edit(mut editor: Editor<Order>, control: &Control) {
    let mut worker = Worker::new(control);
    while let Ok(mut batch) = editor.wait_batch_up_to(worker.takes()) {
        for (_sequence, order) in &mut batch {
            order.total = order.price * order.quantity;
        }
        worker.work(batch.len());
    }
}

/// Reads every order.
fn read(mut reader: Reader<Order>, control: &Control, fault: Option<Instant>) {
    let mut worker = Worker::new(control);
    while let Ok(batch) = reader.wait_batch_up_to(worker.takes()) {
        for (_sequence, order) in &batch {
            assert_eq!(order.total, order.price * order.quantity);
        }
        worker.work(batch.len());
        assert!(fault.is_none_or(|fault| Instant::now() < fault), "as was asked for");
    }
}

/// Looks in now and then, briefly.
fn look(mut tap: Observer<Order>, control: &Control) {
    while let Ok(seen) = tap.wait_look() {
        hint::black_box(seen.events().map(|order| order.total).max());
        drop(seen);
        control.wait_until(Instant::now() + control.time());
        control.goes_on();
    }
}
