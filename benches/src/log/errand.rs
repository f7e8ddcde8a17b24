//! What a process of its own is started for: to be killed, to die of a damaged log, or to be somebody else.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::engine::{Engine, Visitor};
use super::engines;
use super::frame::{Ledger, Shape};

/// Whoever fills a log syncs it this often.
pub(super) const SYNC_EACH: u64 = 64;

/// What to do with which log.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Errand {
    /// What to do.
    pub task: Task,
    /// The name of the engine.
    pub engine: String,
    /// The directory of the log.
    pub dir: PathBuf,
    /// The bytes of a record.
    pub record: usize,
    /// The records of a frame.
    pub records: usize,
}

/// What to do with a log.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub enum Task {
    /// Make it, append so many bytes or for so many seconds, say how many frames that were, and then go on:
    /// append a frame, sync, and say how many there are now. Ends only by being killed.
    Fill {
        /// Frames of so many bytes in all.
        bytes: u64,
        /// Unless that takes longer.
        seconds: u64,
    },
    /// Open it, read all frames, and say what came of it.
    Read,
    /// The same, beside a process that has it open.
    ReadBeside,
}

/// What came of reading a log.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Report {
    /// How many frames were right.
    pub right: u64,
    /// How many were not what or where they should be.
    pub wrong: u64,
    /// How long opening took, in milliseconds.
    pub open_ms: f64,
    /// Why it ended, unless it was the end of the log.
    pub error: Option<String>,
}

/// How a process ended that was to read a log.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It said what came of it.
    Report(Report),
    /// It did not: the last that it wrote on its standard error, or the signal that ended it.
    Died(String),
    /// It had to be killed.
    Hung,
}

impl Errand {
    /// An errand to a log.
    pub fn new<E: Engine>(task: Task, dir: &Path, shape: Shape) -> Self {
        let Shape { record, records } = shape;
        Self { task, engine: E::NAME.to_owned(), dir: dir.to_owned(), record, records }
    }

    /// Runs it in this process: what the other process does.
    ///
    /// # Errors
    ///
    /// If the engine is unknown, or a log cannot be filled.
    pub fn run(&self) -> Result<()> {
        struct Running<'a>(&'a Errand, Option<Result<()>>);
        impl Visitor for Running<'_> {
            fn visit<E: Engine>(&mut self) {
                if self.0.engine == E::NAME {
                    self.1 = Some(self.0.run_with::<E>());
                }
            }
        }
        let mut running = Running(self, None);
        engines::visit(&mut running);
        running.1.with_context(|| format!("no engine is called {:?}", self.engine))?
    }

    fn shape(&self) -> Shape {
        Shape { record: self.record, records: self.records }
    }

    fn run_with<E: Engine>(&self) -> Result<()> {
        let report = match self.task {
            Task::Fill { bytes, seconds } => return self.fill::<E>(bytes, seconds),
            Task::Read => read::<E>(&self.dir, self.shape()),
            Task::ReadBeside => {
                let mut ledger = Ledger::new(self.shape());
                let result =
                    E::read_beside(&self.dir, &mut |first, bytes| ledger.see(first, bytes));
                report(&ledger, 0.0, result)
            }
        };
        println!("{}", serde_json::to_string(&report)?);
        Ok(())
    }

    fn fill<E: Engine>(&self, bytes: u64, seconds: u64) -> Result<()> {
        let shape = self.shape();
        let until = Instant::now() + Duration::from_secs(seconds);
        let enough = bytes.div_ceil(shape.bytes() as u64);
        let mut log = E::create(&self.dir)?;
        let mut out = io::stdout().lock();
        let mut filled = false;
        for number in 0.. {
            let frame = shape.frame(number);
            filled |= number + 1 >= enough || Instant::now() >= until;
            log.append(&frame, filled || number % SYNC_EACH == 0)?;
            if filled {
                writeln!(out, "{}", number + 1)?;
                out.flush()?;
            }
        }
        Ok(())
    }

    /// Starts a process for it.
    fn start(&self, program: &Path) -> Result<Child> {
        Command::new(program)
            .args(["log", "--errand", &serde_json::to_string(self)?])
            // No dump of a stack, and no frames of one.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))
    }

    /// Has a process read a log, and waits for it, but not longer than this.
    ///
    /// # Errors
    ///
    /// If the process cannot be started.
    pub fn read_by(&self, program: &Path, patience: Duration) -> Result<Ended> {
        let mut child = self.start(program)?;
        let [out, err] = [
            text(child.stdout.take().context("it has an output")?),
            text(child.stderr.take().context("it has an output")?),
        ];
        let until = Instant::now() + patience;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() >= until {
                child.kill()?;
                child.wait()?;
                return Ok(Ended::Hung);
            }
            thread::sleep(Duration::from_millis(1));
        };
        let [out, err] = [out, err].map(|text| text.recv().unwrap_or_default());
        match serde_json::from_str(out.trim()) {
            Ok(report) if status.success() => Ok(Ended::Report(report)),
            _ => {
                let note = |line: &&str| !line.starts_with("note:") && !line.is_empty();
                let last = err.lines().rfind(note).unwrap_or("it said nothing");
                Ok(Ended::Died(format!("{last} ({status})")))
            }
        }
    }

    /// Has a process fill a log, kills it while it appends, and returns how many frames it had said were
    /// safe.
    ///
    /// # Errors
    ///
    /// If the process cannot be started, or ends by itself.
    pub fn fill_and_kill(&self, program: &Path) -> Result<u64> {
        let mut child = self.start(program)?;
        let err = text(child.stderr.take().context("it has an output")?);
        let mut lines = BufReader::new(child.stdout.take().context("it has an output")?).lines();
        // Some frames later, it is in the middle of one most of the time.
        let mut said: Vec<_> = lines.by_ref().take(20).map_while(Result::ok).collect();
        child.kill()?;
        child.wait()?;
        // What it said before the signal reached it counts too. A line that is cut off is a smaller number.
        said.extend(lines.map_while(Result::ok));
        match said.iter().filter_map(|line| line.parse().ok()).max() {
            Some(safe) => Ok(safe),
            None => bail!("{}", err.recv().unwrap_or_default().trim()),
        }
    }
}

/// Opens a log and reads all of it.
pub fn read<E: Engine>(dir: &Path, shape: Shape) -> Report {
    let mut ledger = Ledger::new(shape);
    let start = Instant::now();
    let log = E::reopen(dir);
    let open_ms = start.elapsed().as_secs_f64() * 1e3;
    let result = log.and_then(|mut log| log.replay(&mut |first, bytes| ledger.see(first, bytes)));
    report(&ledger, open_ms, result)
}

fn report(ledger: &Ledger, open_ms: f64, result: Result<()>) -> Report {
    let error = result.err().map(|error| format!("{error:#}"));
    Report { right: ledger.right(), wrong: ledger.wrong(), open_ms, error }
}

/// Reads all that comes, in a thread, so that nobody waits for room in a pipe.
fn text(mut from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (to, text) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is worth having.
        let _ = from.read_to_end(&mut bytes);
        let _ = to.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    text
}
