//! Runs the program.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// After how long something that has to happen did not.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command of the program.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_broadring-log"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the program, and gives it this input.
pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = program(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Whoever refuses does not read it.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    program(arguments).output().unwrap().into()
}

/// What the program has left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Checks that all is well, and returns what was printed.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Checks that it was refused with this exit code, in one line with all these words.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "{word}: {self:?}");
        }
    }
}

/// A folder for a log, and what else a test needs.
#[derive(Debug)]
pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The log, as an argument.
    pub(crate) fn log(&self) -> String {
        self.argument("log")
    }

    pub(crate) fn argument(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The segments of the log, in order.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("log")).unwrap().map(|entry| entry.unwrap().path());
        let mut segments: Vec<_> =
            entries.filter(|path| path.extension().is_some_and(|it| it == "frames")).collect();
        segments.sort();
        segments
    }

    /// Records the lines `line 0`, `line 1`, and so on, in small segments.
    pub(crate) fn recorded(lines: u64) -> Self {
        let place = Self::new();
        let options = ["--segment-bytes", "1kB", "--capacity", "16"];
        let log = place.log();
        let arguments = [&["record", &log], &options[..]].concat();
        run_with(&arguments, &input(lines)).good();
        place
    }
}

/// The lines `line 0`, `line 1`, and so on.
pub(crate) fn input(lines: u64) -> Vec<u8> {
    (0..lines).map(|number| format!("line {number}\n")).collect::<String>().into_bytes()
}

/// Waits until this is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in {DEADLINE:?}: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A process that goes on until it is told to stop.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Sends a signal: its name without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let number = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &number]).status().unwrap().success());
    }

    pub(crate) fn ended(self) -> Ended {
        self.0.wait_with_output().unwrap().into()
    }
}

/// The number in a file of acknowledgements.
pub(crate) fn acknowledged(path: &Path) -> u64 {
    fs::read_to_string(path).ok().and_then(|text| text.trim_end().parse().ok()).unwrap_or(0)
}
