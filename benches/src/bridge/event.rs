//! The event that is sent, and the clock whose readings it carries from one process to another.

use anyhow::{Result, ensure};
use broadring_log::codec::{Codec, Fixed};

/// 64 bytes: the number of the event, a reading of the clock, what it means, and more bytes.
pub type Event = [u64; 8];

/// An event that is not measured: before the measurement, everything is to be in motion.
pub const WARM_UP: u64 = 0;
/// An event that is measured.
pub const MEASURED: u64 = 1;
/// The last event.
pub const LAST: u64 = 2;

/// What turns events into bytes, and back.
pub fn codec() -> Fixed<Event> {
    Fixed::new(1)
}

/// Makes an event, now.
#[inline]
pub fn event(number: u64, meaning: u64) -> Event {
    let mut event = [number ^ 0x5555_5555_5555_5555; 8];
    (event[0], event[1], event[2]) = (number, now(), meaning);
    event
}

/// Makes an event that need not know when it is.
#[inline]
pub fn timeless(number: u64) -> Event {
    let mut event = [number ^ 0x5555_5555_5555_5555; 8];
    event[0] = number;
    event
}

/// Checks that this is the event with this number.
///
/// # Errors
///
/// If it is not.
#[inline]
pub fn check(event: &Event, number: u64) -> Result<()> {
    let right = event[0] == number && event[7] == number ^ 0x5555_5555_5555_5555;
    ensure!(right, "event {} came where event {number} should", event[0]);
    Ok(())
}

/// Appends the bytes of an event.
pub fn append(event: &Event, bytes: &mut Vec<u8>) {
    codec().encode(event, bytes).expect("every event has bytes");
}

/// Reads an event.
///
/// # Errors
///
/// If these are not the bytes of one.
pub fn parse(bytes: &[u8]) -> Result<Event> {
    Ok(codec().decode(codec().schema(), bytes)?)
}

/// Reads the clock, in nanoseconds: all processes of a machine read the same.
#[inline]
pub fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
