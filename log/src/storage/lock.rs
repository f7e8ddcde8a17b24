//! The lock that one writing process has on a directory.
//!
//! It is the system's lock on an open file. So it ends with the process that has it, and a file that a dead
//! process has left behind stops nobody. What is written in the file only says who has it.

use core::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Duration;

use fs4::{FileExt, TryLockError};

/// The name of the file that is locked.
const NAME: &str = "lock";

/// How often, and after how long each, a lock that somebody has is tried once more.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(5);

/// A lock that could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process writes here, or another part of this one.
    #[error("{0}")]
    Held(Holder),
    /// The system refuses to lock.
    #[error("the lock cannot be taken")]
    Io(#[from] io::Error),
}

/// Who has the lock, as it has written itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    process: Option<u32>,
    program: Option<String>,
}

impl Holder {
    /// Describes a holder of which nothing is known.
    pub fn unknown() -> Self {
        Self { process: None, program: None }
    }

    /// The number of the process, if it could be read.
    pub fn process(&self) -> Option<u32> {
        self.process
    }

    /// The program, if it could be read.
    pub fn program(&self) -> Option<&str> {
        self.program.as_deref()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.process, &self.program) {
            (Some(process), Some(program)) => {
                write!(f, "process {process} ({program}) has the log open for writing")
            }
            (Some(process), None) => write!(f, "process {process} has the log open for writing"),
            (None, _) => f.write_str("another process has the log open for writing"),
        }
    }
}

/// Takes the lock.
pub(super) fn take(directory: &Path) -> Result<File, LockError> {
    let path = directory.join(NAME);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut tries = 0;
    loop {
        match FileExt::try_lock(&file) {
            Ok(()) => break,
            // Somebody who only asks has the lock too, for a moment.
            Err(TryLockError::WouldBlock) if tries < TRIES => {
                tries += 1;
                thread::sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    // A full disk must not keep a log from being opened: who has it is only for messages.
    let _ = name_holder(&mut file);
    Ok(file)
}

fn name_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    let program = std::env::args_os().next().unwrap_or_default();
    let program =
        Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    file.write_all(format!("{}\n{program}\n", process::id()).as_bytes())
}

fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    if file.take(1024).read_to_string(&mut text).is_err() {
        return Holder::unknown();
    }
    let mut lines = text.lines();
    Holder {
        process: lines.next().and_then(|line| line.parse().ok()),
        program: lines.next().filter(|line| !line.is_empty()).map(str::to_owned),
    }
}

/// Whether somebody has the lock.
pub(super) fn is_held(directory: &Path) -> io::Result<bool> {
    Ok(held_by(directory)?.is_some())
}

/// Who has the lock, if somebody has.
pub(super) fn held_by(directory: &Path) -> io::Result<Option<Holder>> {
    let mut file = match File::open(directory.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A shared lock, so that those who only ask do not find one another.
    match FileExt::try_lock_shared(&file) {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(holder(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
