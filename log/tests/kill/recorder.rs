//! The process that records, and is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// After how long something that has to happen did not.
const DEADLINE: Duration = Duration::from_secs(60);

/// The process that records.
#[derive(Debug)]
pub(crate) struct Recorder {
    child: Child,
    acknowledged: PathBuf,
}

impl Recorder {
    pub(crate) fn start(folder: &Path, options: &[&str]) -> Self {
        let acknowledged = folder.join("acknowledged");
        // What an earlier one has acknowledged does not count as progress of this one.
        let _ = fs::remove_file(&acknowledged);
        let child = Command::new(env!("CARGO_BIN_EXE_broadring-log"))
            .args(["record", "--resume", "--capacity", "64"])
            .args(options)
            .arg("--file")
            .arg(folder.join("input"))
            .arg("--ack")
            .arg(&acknowledged)
            .arg(folder.join("log"))
            .stdin(Stdio::null())
            .stderr(Stdio::from(fs::File::create(folder.join("messages")).unwrap()))
            .spawn()
            .unwrap();
        Self { child, acknowledged }
    }

    /// How many lines it has acknowledged.
    pub(crate) fn acknowledged(&self) -> Option<u64> {
        fs::read_to_string(&self.acknowledged).ok()?.trim_end().parse().ok()
    }

    /// Waits until so many more lines are acknowledged than when it began, or until it has ended.
    pub(crate) fn wait_for(&mut self, lines: u64) {
        let deadline = Instant::now() + DEADLINE;
        let mut begun = None;
        while self.child.try_wait().unwrap().is_none() {
            if let Some(acknowledged) = self.acknowledged()
                && acknowledged >= *begun.get_or_insert(acknowledged) + lines
            {
                return;
            }
            assert!(Instant::now() < deadline, "no progress in {DEADLINE:?}");
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Kills it. Returns whether it was still running, and otherwise checks that it has succeeded.
    pub(crate) fn kill(mut self, folder: &Path) -> bool {
        // Its number is its own until it was waited for.
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        let messages = fs::read_to_string(folder.join("messages")).unwrap();
        assert!(status.success() || status.code().is_none(), "{status}: {messages}");
        !status.success()
    }

    /// Waits until it has recorded everything.
    pub(crate) fn finish(mut self, folder: &Path) {
        let status = self.child.wait().unwrap();
        let messages = fs::read_to_string(folder.join("messages")).unwrap();
        assert!(status.success(), "{status}: {messages}");
    }
}
