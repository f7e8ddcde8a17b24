//! What the program says when something cannot be done: one line, with what to do, and an exit code.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use broadring_log::{CheckpointError, FileError, JournalFailure, OpenError, ReadError};

/// The log is damaged.
pub(crate) const DAMAGED: u8 = 1;
/// The log cannot be looked at, or what was asked for cannot be done.
pub(crate) const REFUSED: u8 = 2;

/// Prints what is wrong, and returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        // Whoever reads the output has seen enough of it.
        return ExitCode::SUCCESS;
    }
    let (advice, code) = judge(error);
    let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
    // If even standard error is closed, the exit code says it.
    let _ = writeln!(io::stderr(), "error: {}{advice}", described(error));
    ExitCode::from(code)
}

/// Each cause once: some errors print their own cause.
fn described(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
    }
    text
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        json.or(io) == Some(ErrorKind::BrokenPipe)
    })
}

/// Returns what to do about an error, and the exit code.
fn judge(error: &anyhow::Error) -> (Option<String>, u8) {
    let damaged = (
        Some("`broadring-log verify` lists all damages, and `broadring-log repair` makes the log readable".to_owned()),
        DAMAGED,
    );
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<OpenError>() {
            return match error {
                OpenError::Damaged(_) => damaged,
                OpenError::File(error) => (advice_on_file(error), REFUSED),
                error => (advice_on_open(error), REFUSED),
            };
        }
        if let Some(error) = cause.downcast_ref::<ReadError>() {
            return match error {
                ReadError::Damaged(_) => damaged,
                ReadError::Open(error) => (advice_on_open(error), REFUSED),
                ReadError::File(error) => (advice_on_file(error), REFUSED),
                ReadError::Removed { oldest, .. } => {
                    (Some(format!("begin with --from {oldest}, or leave --from out")), REFUSED)
                }
                _ => (None, REFUSED),
            };
        }
        if let Some(CheckpointError::Damaged(_)) = cause.downcast_ref() {
            return damaged;
        }
        if let Some(error) = cause.downcast_ref::<FileError>() {
            return (advice_on_file(error), REFUSED);
        }
        if let Some(JournalFailure::File(error)) = cause.downcast_ref() {
            return (advice_on_file(error), REFUSED);
        }
    }
    (None, REFUSED)
}

fn advice_on_open(error: &OpenError) -> Option<String> {
    let advice = match error {
        OpenError::NoDirectory(_) => "check the path; `broadring-log record` makes a new log",
        OpenError::NotALog(_) => "check the path, or name an empty directory for a new log",
        OpenError::Locked(..) => "stop that process first, or read beside it with `cat` or `info`",
        OpenError::NewerFormat { .. } => {
            "use the version of broadring-log that has written it, or a newer one"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

fn advice_on_file(error: &FileError) -> Option<String> {
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => {
            "run it as the user that the log belongs to, or change the permissions of its directory"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the file system can only be read; copy the log to another one"
        }
        _ if error.is_full() => {
            "free some space and go on with `record --resume`: everything that was acknowledged is there"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}
