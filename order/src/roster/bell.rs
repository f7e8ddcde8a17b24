//! The bell: wakes the merged readers when writers come, or when the last one has left.
//!
//! It is a ring without events. Merged readers observe it, so that none of them can hold it back, and
//! wait for it together with the rings of the writers.

#![forbid(unsafe_code)]

use core::mem;

use broadring::{Observer, Ring, Writer};

use crate::sync::{Mutex, lock, strong};

pub(crate) struct Bell {
    ring: Ring<()>,
    rope: Mutex<Rope>,
}

/// Who may ring.
struct Rope {
    /// `None` while somebody rings, and after the bell was closed.
    writer: Option<Writer<()>>,
    /// Whether it must be rung once more by whoever rings now.
    again: bool,
    closed: bool,
}

impl Bell {
    /// Makes a bell for so many merged readers, and for as many that are just leaving.
    pub(crate) fn new(max_readers: usize) -> Self {
        let (writer, ring) = Ring::builder(2).max_readers(2 * max_readers).build(|| ());
        let rope = Rope { writer: Some(writer), again: false, closed: false };
        Self { ring, rope: Mutex::new(rope) }
    }

    /// Returns what sees the bell ring from now on.
    ///
    /// # Errors
    ///
    /// If there are too many already.
    pub(crate) fn observe(&self) -> Result<Observer<()>, broadring::SubscribeError> {
        self.ring.observe()
    }

    /// Wakes everybody. No lock is held meanwhile: a waker may be anybody's code.
    pub(crate) fn ring(&self) {
        let mut again = true;
        while again {
            let mut rope = lock(&self.rope);
            let Some(writer) = rope.writer.take() else {
                rope.again = true;
                return;
            };
            drop(rope);
            let mut ringing = Ringing { bell: self, writer: Some(writer) };
            ringing.writer.iter_mut().for_each(|writer| {
                writer.publish(());
            });
            again = ringing.end() && strong!("bell.again");
        }
    }

    /// Wakes everybody for the last time.
    pub(crate) fn close(&self) {
        let writer = {
            let mut rope = lock(&self.rope);
            rope.closed = true;
            rope.writer.take()
        };
        drop(writer);
    }
}

/// While somebody rings. Dropping it, also by a panic of a waker, gives the rope back: otherwise the
/// order would seem to have ended.
struct Ringing<'b> {
    bell: &'b Bell,
    writer: Option<Writer<()>>,
}

impl Ringing<'_> {
    /// Gives the rope back. Returns whether somebody has asked to ring meanwhile.
    fn end(&mut self) -> bool {
        let Some(writer) = self.writer.take() else { return false };
        let mut rope = lock(&self.bell.rope);
        if rope.closed {
            drop(rope);
            drop(writer);
            return false;
        }
        rope.writer = Some(writer);
        mem::take(&mut rope.again)
    }
}

impl Drop for Ringing<'_> {
    fn drop(&mut self) {
        if self.end() {
            self.bell.ring();
        }
    }
}
