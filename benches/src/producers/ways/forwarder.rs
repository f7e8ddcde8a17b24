//! The thread between a channel and the ring.

use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::cores::spawn;
use crate::subject::Mode;
use crate::subjects::poll;

/// Starts a thread that waits for a message, has it forwarded, and so on until every
/// sender is gone. Then it drops `forward`, and with it the writer: the ring is closed.
pub(super) fn start<T: Send + 'static>(
    messages: Receiver<T>,
    mode: Mode,
    place: Option<usize>,
    mut forward: impl FnMut(T, &Receiver<T>) + Send + 'static,
) -> JoinHandle<()> {
    spawn("forwarder", place, move || {
        while let Some(message) = next(&messages, mode) {
            forward(message, &messages);
        }
    })
}

/// Waits for the next message; there is none when every sender is gone.
#[inline(always)]
fn next<T>(messages: &Receiver<T>, mode: Mode) -> Option<T> {
    match mode {
        Mode::Park => messages.recv().ok(),
        mode => poll(mode, || match messages.try_recv() {
            Ok(message) => Some(Some(message)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }),
    }
}
