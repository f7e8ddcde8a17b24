//! A ring that is shipped.

use std::time::Duration;

use anyhow::{Context, Result};
use broadring::{Ring, Sequence, Wait, Writer};
use broadring_jetstream::{Shipper, Stream, Window};

use super::event::{Event, codec};

/// A ring whose events go into a stream.
#[derive(Debug)]
pub struct Ours {
    /// The writer of the ring.
    pub writer: Writer<Event>,
    /// What ships it.
    pub shipper: Shipper<Event>,
    /// The number of the next event.
    pub next: u64,
}

/// Builds a ring whose threads sleep at once when there is nothing to do: the servers need the cores, and against what a
/// message takes through them, waking up is short. Threads that yield first come last where there is much to do.
pub fn ring(capacity: usize, first: Sequence) -> (Writer<Event>, Ring<Event>) {
    const WAIT: Wait = Wait::PARK.spins(0).yields(0);
    let builder = Ring::builder(capacity).first_sequence(first);
    builder.reader_wait(WAIT).writer_wait(WAIT).build(|| [0; 8])
}

/// How much is sent at once.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The events of a frame.
    pub events: usize,
    /// How many frames may be on their way.
    pub window: usize,
}

impl Shape {
    /// The window of a shipper: only the numbers of events and frames limit it.
    pub fn window(self) -> Window {
        let bytes = self.events * (size_of::<Event>() + 64) + 1024;
        Window::default()
            .frames(self.window)
            .events_of_frame(self.events)
            .bytes_of_frame(bytes)
            .bytes(bytes * self.window)
    }

    /// How large a ring has to be to have the whole window twice over: then the next frame is always full.
    pub fn capacity(self) -> usize {
        (2 * self.events * self.window).next_power_of_two()
    }
}

impl Ours {
    /// Waits for the right to write, and ships a ring of this capacity.
    ///
    /// # Errors
    ///
    /// If the stream cannot be had.
    pub fn start(stream: &Stream, window: Window, capacity: usize) -> Result<Self> {
        let leadership = stream.candidate("benchmark").campaign()?;
        let first = leadership.next_sequence();
        let (writer, ring) = ring(capacity, first);
        let shipper = Shipper::builder(leadership, codec()).window(window).start(&ring)?;
        Ok(Self { writer, shipper, next: first.into() })
    }

    /// Publishes an event, made of its number.
    ///
    /// # Errors
    ///
    /// If the shipper has stopped.
    #[inline]
    pub fn publish(&mut self, make: impl FnOnce(u64) -> Event) -> Result<()> {
        self.shipper.publish(&mut self.writer, make(self.next))?;
        self.next += 1;
        Ok(())
    }

    /// Waits until everything is acknowledged.
    ///
    /// # Errors
    ///
    /// If that takes too long.
    pub fn acknowledged(&self, patience: Duration) -> Result<()> {
        let all = self.shipper.wait_acknowledged(self.next, patience);
        all.then_some(())
            .with_context(|| format!("not everything was acknowledged: {:?}", self.shipper.stats()))
    }

    /// Gives the stream back, behind everything that was published.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub fn end(self) -> Result<()> {
        let Self { writer, shipper, next } = self;
        drop(writer);
        let end = shipper.join()?;
        anyhow::ensure!(u64::from(end) == next, "it has ended with {end}, not with {next}");
        Ok(())
    }
}
