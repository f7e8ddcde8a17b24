//! Processes of the program.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::cluster::{NAME, PATIENCE, TIMEOUT};
use crate::events::event;
use crate::watch::wait_until;

/// How many lines are written before the feeder rests for a moment.
const AT_ONCE: u64 = 20;

/// How long it rests.
const REST: Duration = Duration::from_millis(2);

/// A process of the program. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    said: PathBuf,
}

impl Process {
    /// Starts it. What it says goes into a file.
    pub(crate) fn start(command: &str, urls: &[String], said: PathBuf, options: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_broadring-jetstream"))
            .args([command, "--stream", NAME, "--quiet", "--connect-for", "60"])
            .args(["--server", &urls.join(","), "--timeout", &TIMEOUT.as_secs().to_string()])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        Self { child, said }
    }

    /// What it has said.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(self.child.id() as i32).unwrap();
        kill_process(process, signal).unwrap();
    }

    /// Checks that it has not ended.
    pub(crate) fn check(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it has ended with {ended:?}: {}", self.said());
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap_or_else(|| panic!("it does not end: {}", self.said()))
    }

    /// Waits until it ends by itself, which has to go well.
    pub(crate) fn wait_success(&mut self) {
        let status = self.wait();
        assert!(status.success(), "{status}: {}", self.said());
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all writers get as their input, one after the other.
#[derive(Default)]
pub(crate) struct Input {
    /// How many lines any of them has got.
    lines: AtomicU64,
}

impl Input {
    /// How many lines any writer has got.
    pub(crate) fn lines(&self) -> u64 {
        // ORDERING: Relaxed. Nothing is handed over with it.
        self.lines.load(Ordering::Relaxed)
    }

    /// Writes the lines from the first one on, until it is over, or nobody reads: fast what somebody has got already.
    fn feed(&self, input: ChildStdin, over: &AtomicBool) {
        let mut input = BufWriter::new(input);
        for line in 0.. {
            let text = event(line);
            if input.write_all(&text).and_then(|()| input.write_all(b"\n")).is_err() {
                return;
            }
            // ORDERING: Relaxed, as above.
            let before = self.lines.fetch_max(line + 1, Ordering::Relaxed);
            if before <= line && line % AT_ONCE == 0 {
                if input.flush().is_err() {
                    return;
                }
                thread::sleep(REST);
                // ORDERING: Relaxed, as above.
                if over.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }
}

/// A process that ships lines, and is fed with them.
pub(crate) struct Author {
    pub(crate) process: Process,
    ack: PathBuf,
    over: Arc<AtomicBool>,
    feeder: Option<JoinHandle<()>>,
}

impl Author {
    pub(crate) fn start(urls: &[String], folder: &Path, number: u64, input: &Arc<Input>) -> Self {
        let ack = folder.join(format!("ack-{number}"));
        let options = ["--resume", "--patience", "1", "--ack", ack.to_str().unwrap()];
        let name = format!("writer-{number}");
        let options = [&options[..], &["--name", &*name]].concat();
        let mut process = Process::start("ship", urls, folder.join(&name), &options);
        let stdin = process.child.stdin.take().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let (input, ended) = (Arc::clone(input), Arc::clone(&over));
        let feeder = thread::spawn(move || input.feed(stdin, &ended));
        Self { process, ack, over, feeder: Some(feeder) }
    }

    /// How many lines it has said are acknowledged: 0 before it leads.
    pub(crate) fn acknowledged(&self) -> u64 {
        let text = fs::read_to_string(&self.ack).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    /// Ends its input.
    pub(crate) fn end_input(&mut self) {
        // ORDERING: Relaxed, as above.
        self.over.store(true, Ordering::Relaxed);
        self.feeder.take().unwrap().join().unwrap();
    }
}

impl Drop for Author {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as above.
        self.over.store(true, Ordering::Relaxed);
        // Then nobody reads, and the feeder ends.
        self.process.kill();
        let _ = self.feeder.take().map(JoinHandle::join);
    }
}
