//! What a process of its own does: read a stream, as another machine would, or write one until it is stopped.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broadring_jetstream::{ShipError, Window};
use futures::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::bare::Bare;
use super::cluster::connect;
use super::event::{Event, LAST, MEASURED, check, codec, event, now, parse};
use super::latencies::Latencies;
use super::ours::{Ours, ring};

/// What a process says when it has seen its first event, or has written it.
const READY: &str = "ready";

/// What a writer says that has found another one in its place.
const DEPOSED: &str = "deposed";

/// How often a writer that is to be stopped publishes an event.
const BEAT: Duration = Duration::from_millis(5);

/// How long a process may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many events a mirror's ring has.
const CAPACITY: usize = 1 << 12;

/// What to do with which stream.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Errand {
    /// What to do.
    pub task: Task,
    /// The addresses of the servers.
    pub urls: Vec<String>,
    /// The name of the stream.
    pub stream: String,
}

/// What to do with a stream.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub enum Task {
    /// Mirror a stream of ours, and tell how old the events are that come out of the ring.
    Mirror,
    /// Read a stream with the client alone, and tell how old the events are.
    Read,
    /// Write a stream of ours, until there is something on the standard input; then give it back.
    Write,
}

impl Errand {
    /// Runs it in this process: what the other process does.
    ///
    /// # Errors
    ///
    /// If it cannot be done.
    pub fn run(&self) -> Result<()> {
        match self.task {
            Task::Mirror => self.mirror(),
            Task::Read => self.read(),
            Task::Write => self.write(),
        }
    }

    fn mirror(&self) -> Result<()> {
        let stream = connect(&self.urls, &self.stream)?;
        let (writer, ring) = ring(CAPACITY, 0.into());
        let mut reader = ring.subscribe()?;
        let mirror = stream.mirror(codec()).start(writer);
        let mut ages = Ages::default();
        let mut next = 0;
        while !ages.over {
            let Ok(event) = reader.recv() else {
                bail!("the mirror has ended: {:?}", mirror.join());
            };
            ages.see(&event, next)?;
            next += 1;
        }
        ages.report()
    }

    fn read(&self) -> Result<()> {
        let bare = Bare::connect(&self.urls)?;
        let mut messages = bare.read(&self.stream)?;
        bare.wait(async {
            let mut ages = Ages::default();
            let mut next = 0;
            while !ages.over {
                let message = messages.next().await.context("the consumer has ended")??;
                ages.see(&parse(&message.payload)?, next)?;
                next += 1;
            }
            ages.report()
        })
    }

    fn write(&self) -> Result<()> {
        let stream = connect(&self.urls, &self.stream)?;
        let mut ours = Ours::start(&stream, Window::default(), CAPACITY)?;
        let (to, stop) = mpsc::channel();
        thread::spawn(move || {
            // Also at the end of the input: then nobody wants this process any more.
            let _ = io::stdin().read_line(&mut String::new());
            let _ = to.send(());
        });
        let mut said = false;
        while stop.try_recv().is_err() {
            match ours.shipper.failure() {
                None => {}
                Some(ShipError::Deposed { .. }) => return say(DEPOSED),
                Some(failure) => return Err(failure.into()),
            }
            // One that waits for room for ever would not hear that it is to stop.
            let made = event(ours.next, MEASURED);
            if ours.writer.publish_timeout(made, BEAT).is_err() {
                continue;
            }
            ours.next += 1;
            if !said {
                ours.acknowledged(Duration::from_secs(20))?;
                say(READY)?;
                said = true;
            }
            thread::sleep(BEAT);
        }
        ours.end()
    }

    /// Starts a process for it.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(&self, program: &Path) -> Result<Helper> {
        let mut child = Command::new(program)
            .args(["bridge", "--errand", &serde_json::to_string(self)?])
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let input = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().context("it has an output")?).lines();
        let (to, output) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Who does not listen any more does not need to know.
                let _ = to.send(line);
            }
        });
        Ok(Helper { child, input, output })
    }
}

/// How old the events are that were measured.
#[derive(Default)]
struct Ages {
    nanos: Vec<u64>,
    over: bool,
}

impl Ages {
    fn see(&mut self, event: &Event, number: u64) -> Result<()> {
        let now = now();
        check(event, number)?;
        match event[2] {
            MEASURED => self.nanos.push(now.saturating_sub(event[1])),
            LAST => self.over = true,
            _ if number == 0 => say(READY)?,
            _ => {}
        }
        Ok(())
    }

    fn report(self) -> Result<()> {
        say(&serde_json::to_string(&Latencies::of(self.nanos)?)?)
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A process with an errand. It is killed when this is dropped.
#[derive(Debug)]
pub struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: mpsc::Receiver<String>,
}

impl Helper {
    /// Waits for the next thing that it says.
    ///
    /// # Errors
    ///
    /// If it ends without a word, or says nothing for a minute.
    pub fn hear(&mut self) -> Result<String> {
        match self.output.recv_timeout(PATIENCE) {
            Ok(line) => Ok(line),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                bail!("a process of the benchmark has said nothing for {PATIENCE:?}")
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                bail!("a process of the benchmark has ended: {}", self.child.wait()?)
            }
        }
    }

    /// Waits until it is in motion.
    ///
    /// # Errors
    ///
    /// If it says something else.
    pub fn ready(&mut self) -> Result<()> {
        self.expect(READY)
    }

    /// Waits until it has found another writer in its place.
    ///
    /// # Errors
    ///
    /// If it says something else.
    pub fn deposed(&mut self) -> Result<()> {
        self.expect(DEPOSED)
    }

    fn expect(&mut self, expected: &str) -> Result<()> {
        let said = self.hear()?;
        ensure!(said == expected, "a process of the benchmark says {said:?}, not {expected:?}");
        Ok(())
    }

    /// What it has measured, when it has seen the last event.
    ///
    /// # Errors
    ///
    /// If it says something else.
    pub fn latencies(&mut self) -> Result<Latencies> {
        Ok(serde_json::from_str(&self.hear()?)?)
    }

    /// Lets it end by itself, and returns at once.
    pub fn let_end(&mut self) {
        drop(self.input.take());
    }

    /// Stops it where it is, or lets it go on.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn pause(&self, pause: bool) -> Result<()> {
        let process = Pid::from_child(&self.child);
        Ok(kill_process(process, if pause { Signal::STOP } else { Signal::CONT })?)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // It may have ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
