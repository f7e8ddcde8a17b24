//! A process that reads the log beside the one that records, stores checkpoints, and is killed too.
//!
//! It is this test program, started once more with one test, which then consumes.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use broadring_log::LogReader;

use crate::input;

/// The name of the consumer.
pub(crate) const NAME: &str = "consumer";

/// The variable that says where the log is, and that the process is to consume it.
const FOLDER: &str = "BROADRING_LOG_TEST_CONSUMES";

const DEADLINE: Duration = Duration::from_secs(60);

/// The process that consumes.
#[derive(Debug)]
pub(crate) struct Consumer(Child);

impl Consumer {
    pub(crate) fn start(folder: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        let child = Command::new(program)
            .args(["--exact", "consumer::the_process_that_consumes", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::null())
            .stderr(Stdio::from(File::create(folder.join("consumer messages")).unwrap()))
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        let status = self.0.wait().unwrap();
        // It never ends by itself, unless something is wrong.
        assert!(status.code().is_none_or(|code| code == 0), "{status}");
    }

    /// Waits until it has consumed the whole input.
    pub(crate) fn finish(mut self) {
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// What the consumer has said after each checkpoint that was stored.
fn told(folder: &Path) -> u64 {
    let told = fs::read_to_string(folder.join("consumed")).unwrap_or_default();
    told.trim_end().parse().unwrap_or(0)
}

/// Checks that the checkpoint is not behind what was stored, nor ahead of the log.
pub(crate) fn check(folder: &Path, end: u64) {
    let reader = LogReader::open(folder.join("log")).unwrap();
    let checkpoint = reader.checkpoint(NAME).unwrap();
    let position = u64::from(checkpoint.position().expect("it was stored at first"));
    assert!(told(folder) <= position && position <= end, "{position}");
    // What it has still to read is there.
    assert!(reader.oldest().unwrap() <= position.into());
}

#[test]
fn the_process_that_consumes() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let deadline = Instant::now() + DEADLINE;
    let told = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("consumed"))
        .unwrap();
    let mut checkpoint = LogReader::open(folder.join("log")).unwrap().checkpoint(NAME).unwrap();
    loop {
        let position = checkpoint.position().unwrap();
        if position == input::LINES.into() {
            return;
        }
        assert!(Instant::now() < deadline);
        let reader = LogReader::open(folder.join("log")).unwrap();
        let mut frames = reader.from(position).unwrap();
        let mut next = u64::from(position);
        // What a killed process has left behind may be cut off while it is read. Then it is opened again, and so it is if
        // this fails; it has to come to the end in time.
        while let Ok(Some(frame)) = frames.wait_frame_timeout(Duration::from_millis(2)) {
            for (sequence, record) in frame.records() {
                assert_eq!(sequence, next.into());
                assert_eq!(record, input::line(next));
                next += 1;
            }
            checkpoint.store(next).unwrap();
            told.write_all_at(format!("{next:020}\n").as_bytes(), 0).unwrap();
        }
        thread::sleep(Duration::from_millis(1));
    }
}
