//! Runs the program, and servers for it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use broadring_jetstream::servers::{Servers, find_program};
use tempfile::TempDir;

/// How long something may take that has to happen.
const DEADLINE: Duration = Duration::from_secs(60);

/// The name of the stream.
pub(crate) const STREAM: &str = "lines";

/// Says whether there is a server to test with. There has to be one where all tests must run.
pub(crate) fn is_possible() -> bool {
    if find_program().is_some() {
        return true;
    }
    let advice = "there is no nats-server: NATS_SERVER=$(.ci/nats-server) gets one";
    assert!(std::env::var_os("CI").is_none(), "{advice}");
    eprintln!("skipped: {advice}");
    false
}

/// The program, with these arguments.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_broadring-jetstream"));
    command.args(arguments).env_remove("NATS_URL");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
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

/// A server, and a folder for files.
pub(crate) struct Place {
    pub(crate) servers: Servers,
    pub(crate) folder: TempDir,
}

impl Place {
    /// None where there is no server to test with.
    pub(crate) fn new() -> Option<Self> {
        Self::with("")
    }

    /// A server that is configured so.
    pub(crate) fn with(configuration: &str) -> Option<Self> {
        is_possible().then(|| Self {
            servers: Servers::builder(1).configuration(configuration).start().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        })
    }

    pub(crate) fn url(&self) -> String {
        self.servers.urls().remove(0)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of a file, as text.
    pub(crate) fn named(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.named(name)
    }

    /// A command of the program for the stream of this server, unless the options say otherwise.
    pub(crate) fn command(&self, command: &str, options: &[&str]) -> Command {
        let url = self.url();
        let mut arguments = vec![command, "--server", &*url];
        let defaults = [("--stream", STREAM), ("--replicas", "1"), ("--connect-for", "20")];
        for (name, value) in defaults.into_iter().filter(|(name, _)| !options.contains(name)) {
            arguments.extend([name, value]);
        }
        program(&[&arguments[..], options].concat())
    }

    pub(crate) fn run(&self, command: &str, options: &[&str]) -> Ended {
        self.command(command, options).output().unwrap().into()
    }

    /// Ships a text, and makes the stream for it.
    #[track_caller]
    pub(crate) fn ship(&self, text: &str, options: &[&str]) -> Ended {
        let mut child = self
            .command("ship", &[&["--create"], options].concat())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever refuses does not read it.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    /// Everything that the stream has.
    #[track_caller]
    pub(crate) fn mirrored(&self) -> String {
        self.run("mirror", &["--until-resigned"]).good()
    }
}

/// So many lines, each a function of its number.
pub(crate) fn lines(numbers: std::ops::Range<u64>) -> String {
    numbers.map(|number| format!("line {number}\n")).collect()
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < until, "{what} has not come to be");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until a process ends.
#[track_caller]
pub(crate) fn wait_end(mut child: Child) -> Ended {
    wait("the end of a process", || child.try_wait().unwrap().is_some());
    child.wait_with_output().unwrap().into()
}

/// How many lines are acknowledged, according to a file that the program keeps.
pub(crate) fn acknowledged(file: &str) -> u64 {
    fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}
