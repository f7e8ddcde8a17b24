//! What is recorded: lines that differ from each other, of many lengths.

use std::fs;
use std::path::Path;

/// How many lines there are.
pub(crate) const LINES: u64 = 12_000;

/// Returns a line.
pub(crate) fn line(number: u64) -> Vec<u8> {
    let mut line = format!("{number} ").into_bytes();
    // Also lines of bytes that are no text, and an empty one now and then.
    match number % 50 {
        0 => line.clear(),
        1 => line.extend((0..=255_u8).filter(|byte| *byte != b'\n')),
        rest => line.extend(std::iter::repeat_n(b'a' + (number % 26) as u8, rest as usize)),
    }
    line
}

/// Writes all lines to a file.
pub(crate) fn write(path: &Path) {
    let mut bytes = Vec::new();
    for number in 0..LINES {
        bytes.extend(line(number));
        bytes.push(b'\n');
    }
    fs::write(path, bytes).unwrap();
}
