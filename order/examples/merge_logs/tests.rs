//! Merges small files, as the program does.

use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader, Read};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;

use crate::complaints::Complaints;
use crate::options::Options;

/// A directory that is removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("merge_logs-{}-{number}", process::id()));
        fs::create_dir(&path).expect("a temporary directory");
        Self(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a temporary file");
        path.to_str().expect("a name in UTF-8").to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program at work, on threads of this process.
struct Program {
    out: BufReader<PipeReader>,
    errors: PipeReader,
    ended: mpsc::Receiver<anyhow::Result<bool>>,
}

impl Program {
    /// Starts it with these arguments.
    fn start(arguments: &[&str]) -> Self {
        let options = Options::parse_from([&["merge_logs"], arguments].concat());
        let (out, its_out) = io::pipe().expect("a pipe");
        let (errors, its_errors) = io::pipe().expect("a pipe");
        let (end, ended) = mpsc::channel();
        thread::spawn(move || {
            let complaints = Complaints::new(its_errors);
            let merged = crate::merge(&options, its_out, &complaints);
            let _ = end.send(merged.map(|()| complaints.are_none()));
        });
        Self { out: BufReader::new(out), errors, ended }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        line
    }

    /// Waits for the end. Returns what was printed, what was complained about, and whether all was well.
    fn end(mut self) -> (Vec<u8>, String, bool) {
        let mut out = Vec::new();
        self.out.read_to_end(&mut out).expect("its output");
        let well = self.ended.recv_timeout(Duration::from_secs(60)).expect("it ends");
        let well = well.expect("it does not fail");
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).expect("its complaints");
        (out, errors, well)
    }
}

fn agree(errors: &str) -> bool {
    errors.contains("all 3 readers saw the same order")
}

#[test]
fn lines_come_in_the_order_of_their_times() {
    let directory = Directory::new();
    let a = directory.file(
        "a.log",
        "2026-11-28T21:00:01Z a1\n\
         2026-11-28T21:00:03.5Z a2\n    at a2.first\n    at a2.second\n\
         2026-11-28T21:00:02Z a3, late\n\
         2026-11-28T21:00:06Z a4",
    );
    let b = directory.file("b.log", "1795899600.5 b1\n1795899602 b2\n1795899603.5 b3\n");
    let c = directory.file("c.log", b"no time \xff\n2026-11-28T22:00:05,250+01:00 c1\n");
    let (out, errors, well) = Program::start(&[&a, &b, &c]).end();
    let expected: &[&[u8]] = &[
        b"no time \xff\n",
        b"1795899600.5 b1\n",
        b"2026-11-28T21:00:01Z a1\n",
        b"1795899602 b2\n",
        b"2026-11-28T21:00:03.5Z a2\n    at a2.first\n    at a2.second\n",
        b"2026-11-28T21:00:02Z a3, late\n", // never before the line above it
        b"1795899603.5 b3\n",
        b"2026-11-28T22:00:05,250+01:00 c1\n",
        b"2026-11-28T21:00:06Z a4\n",
    ];
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected.concat()));
    assert!(well && agree(&errors), "{errors}");
    assert!(errors.contains("3 files, 11 lines in 9 events, by time"), "{errors}");
}

#[test]
fn files_longer_than_the_rings_lose_nothing() {
    let directory = Directory::new();
    let file = |name: &str, odd: u64| {
        let lines =
            (0..5_000).map(|number| format!("{} {name}\n", 1_700_000_000 + 2 * number + odd));
        directory.file(name, lines.collect::<String>())
    };
    let files = [file("even", 0), file("odd", 1)];
    for by in ["time", "arrival"] {
        let program = Program::start(&["--by", by, "--capacity", "4", &files[0], &files[1]]);
        let (out, errors, well) = program.end();
        assert!(well && agree(&errors), "{errors}");
        let out = String::from_utf8(out).expect("what was written");
        let mut lines: Vec<_> = out.lines().collect();
        if by == "arrival" {
            // Those of each file are in order, however they were mixed.
            for name in ["even", "odd"] {
                assert!(lines.iter().filter(|line| line.ends_with(name)).is_sorted());
            }
            lines.sort_unstable();
        }
        assert!(lines.is_sorted());
        assert_eq!(lines.len(), 10_000);
    }
}

#[test]
fn a_file_that_fails_is_named_and_the_others_go_on() {
    let directory = Directory::new();
    let a = directory.file("a.log", "2026-11-28T21:00:01Z a\n");
    let missing = directory.0.join("missing.log");
    let (missing, folder) =
        (missing.to_str().expect("UTF-8"), directory.0.to_str().expect("UTF-8"));
    for by in ["time", "arrival"] {
        let program = Program::start(&["--by", by, "--label", missing, &a, folder]);
        let (out, errors, well) = program.end();
        assert_eq!(String::from_utf8_lossy(&out), format!("{a}: 2026-11-28T21:00:01Z a\n"));
        assert!(!well && agree(&errors), "{errors}");
        assert!(errors.contains(&format!("error: cannot read {missing}: ")), "{errors}");
        assert!(errors.contains(&format!("error: cannot read {folder}: ")), "{errors}");
    }
}

#[test]
fn an_output_that_nobody_reads_ends_it() {
    let directory = Directory::new();
    let a = directory.file("a.log", "1700000000 a\n".repeat(100_000));
    let program = Program::start(&["--by", "arrival", &a]);
    drop(program.out);
    let ended = program.ended.recv_timeout(Duration::from_secs(60)).expect("it ends");
    assert!(crate::is_broken_pipe(&ended.expect_err("nobody reads")));
}

#[test]
fn a_file_that_grows_is_followed() {
    let directory = Directory::new();
    let a = directory.file("a.log", "1700000000 a1\n1700000001 ");
    let mut program = Program::start(&["--follow", &a]);
    assert_eq!(program.line(), "1700000000 a1\n");
    append(&directory.0.join("a.log"), "a2\n1700000002 a3\n");
    assert_eq!(program.line(), "1700000001 a2\n");
    assert_eq!(program.line(), "1700000002 a3\n");
}

fn append(path: &Path, text: &str) {
    let file = fs::OpenOptions::new().append(true).open(path);
    io::Write::write_all(&mut file.expect("the file"), text.as_bytes()).expect("room");
}

#[cfg(unix)]
mod pipes {
    use super::*;

    fn fifo(directory: &Directory, name: &str) -> (PathBuf, String) {
        let path = directory.0.join(name);
        let made = process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
        assert!(made.success(), "mkfifo fails");
        let name = path.to_str().expect("a name in UTF-8").to_owned();
        (path, name)
    }

    #[test]
    fn a_pipe_that_stalls_holds_nobody_up() {
        let directory = Directory::new();
        let (stalled_path, stalled) = fifo(&directory, "stalled");
        let (unopened_path, unopened) = fifo(&directory, "unopened");
        let lines: Vec<_> = (0..5_000).map(|number| format!("1700000000 {number}\n")).collect();
        let a = directory.file("a.log", lines.concat());

        // By arrival, because there are pipes.
        let mut program = Program::start(&["--capacity", "8", &stalled, &a, &unopened]);
        let mut pipe = fs::OpenOptions::new().append(true).open(&stalled_path).expect("a pipe");
        io::Write::write_all(&mut pipe, b"half a ").expect("room");
        for line in lines {
            assert_eq!(program.line(), line);
        }
        io::Write::write_all(&mut pipe, b"line\n").expect("room");
        assert_eq!(program.line(), "half a line\n");
        append(&unopened_path, "opened at last\n");
        assert_eq!(program.line(), "opened at last\n");
        drop(pipe);
        let (_, errors, well) = program.end();
        assert!(well && agree(&errors), "{errors}");
    }

    #[test]
    fn by_time_a_pipe_is_waited_for() {
        let directory = Directory::new();
        let (path, pipe) = fifo(&directory, "pipe");
        let a = directory.file("a.log", "1700000001 a\n1700000003 a\n");
        let mut program = Program::start(&["--by", "time", &a, &pipe]);
        let mut pipe = fs::OpenOptions::new().append(true).open(&path).expect("a pipe");
        io::Write::write_all(&mut pipe, b"1700000002 b\n").expect("room");
        assert_eq!(program.line(), "1700000001 a\n");
        assert_eq!(program.line(), "1700000002 b\n");
        drop(pipe);
        assert_eq!(program.line(), "1700000003 a\n");
        let (_, errors, well) = program.end();
        assert!(well && agree(&errors), "{errors}");
    }
}
