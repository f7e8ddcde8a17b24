//! A real disk that is full: a small file system in memory if this process may mount one, or else a limit for the
//! length of files in a process of its own.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use broadring_log::codec::Bytes;
use broadring_log::{Log, LogReader};

use crate::common::read;

/// Set in the process that has the limit: the directory of the log.
const LIMITED: &str = "BROADRING_LOG_LIMITED";

fn event(number: u64) -> Vec<u8> {
    let mut event = number.to_le_bytes().repeat(100);
    event.truncate(1 + (number * 131 % 800) as usize);
    event
}

/// Appends events until there is no room, and returns how many were durable then.
fn fill(log: &mut Log) -> u64 {
    for number in 0..100_000 {
        assert_eq!(log.push(&Bytes, &event(number)).unwrap().get(), number);
        if let Err(error) = log.end_batch() {
            assert!(error.is_full(), "{error}");
            assert_eq!(log.durable().get(), number);
            return number;
        }
    }
    panic!("there is no end of the room");
}

fn check(directory: &Path, end: u64) {
    let (events, error) = read(&LogReader::open(directory).unwrap(), 0);
    assert!(error.is_none(), "{error:?}");
    assert!(events == (0..end).map(|number| (number, event(number))).collect::<Vec<_>>());
}

/// Mounts a small file system, and unmounts it when dropped.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(directory.path())
            .output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(directory))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_loses_nothing_and_the_log_goes_on_when_there_is_room() {
    let Some(mounted) = Mounted::new() else {
        println!("NOT TESTED: no file system can be mounted here");
        eprintln!("NOT TESTED: no file system can be mounted here");
        return;
    };
    let directory = mounted.0.path().join("log");
    fs::write(mounted.0.path().join("ballast"), vec![1; 64 * 1024]).unwrap();
    let options = Log::options().segment_bytes(16 * 1024);
    let mut log = options.open(&directory).unwrap();
    let durable = fill(&mut log);
    assert!(log.end_batch().is_err());
    // It can be read, and what was not written is still in memory.
    check(&directory, durable);
    fs::remove_file(mounted.0.path().join("ballast")).unwrap();
    assert_eq!(log.sync().unwrap().get(), durable + 1);
    check(&directory, durable + 1);
    drop(log);

    // A process that ends while the disk is full loses what it was not told to be durable, and nothing else.
    let mut log = options.open(&directory).unwrap();
    let mut next = durable + 1;
    loop {
        log.push(&Bytes, &event(next)).unwrap();
        if log.end_batch().is_err() {
            break;
        }
        next += 1;
    }
    drop(log);
    check(&directory, next);
    let log = options.open(&directory).unwrap();
    assert_eq!(log.next_sequence().get(), next);
}

#[test]
fn a_file_that_may_not_get_longer_is_as_a_full_disk() {
    if let Some(directory) = env::var_os(LIMITED) {
        let mut log = Log::open(&directory).unwrap();
        let durable = fill(&mut log);
        println!("durable: {durable}");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // A hundred blocks of 512 or 1024 bytes; the signal that comes with the limit is ignored.
    let script = "trap '' XFSZ && ulimit -f 100 && exec \"$0\" --exact --nocapture \
        full::a_file_that_may_not_get_longer_is_as_a_full_disk";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(env::current_exe().unwrap())
        .env(LIMITED, directory.path())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            println!("NOT TESTED: there is no shell: {error}");
            eprintln!("NOT TESTED: there is no shell: {error}");
            return;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let durable = said.lines().find_map(|line| line.split("durable: ").nth(1)).unwrap();
    let durable: u64 = durable.trim().parse().unwrap();
    assert!(durable > 10);
    check(directory.path(), durable);
    let log = Log::open(directory.path()).unwrap();
    assert_eq!(log.next_sequence().get(), durable);
}
