//! The law of a round: which event stands under which sequence, after how many editors.

use super::dice::mix;
use super::payload::Payload;

/// Says what each event must be. Events are never compared with what was sent, but always with
/// this.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    salt: u64,
    editors: u64,
}

impl Law {
    /// The law of a round: no other round has the same events, if the salt is another.
    pub fn new(salt: u64, editors: usize) -> Self {
        Self { salt, editors: editors as u64 }
    }

    /// Returns what an event says when that many editors have had it. What an editor makes of it
    /// depends on what the editors before have made of it, and on nothing else.
    pub fn word(&self, sequence: u64, edits: u64) -> u64 {
        let written = mix(sequence ^ self.salt);
        (0..edits).fold(written, |word, editor| mix(word.wrapping_add(editor + 1)))
    }

    /// Checks an event as readers see it.
    ///
    /// # Errors
    ///
    /// If it is not the event of this sequence, with what was expected.
    pub fn check(&self, sequence: u64, event: &impl Payload) -> Result<(), String> {
        self.check_edited(sequence, event, self.editors)
    }

    /// Checks an event that so many editors have had.
    ///
    /// # Errors
    ///
    /// If it is not what it must be by then, with what was expected.
    pub fn check_edited(
        &self,
        sequence: u64,
        event: &impl Payload,
        edits: u64,
    ) -> Result<(), String> {
        let expected = self.word(sequence, edits);
        let place = || format!("the event of sequence {sequence} after {edits} editors");
        match event.read() {
            Ok(seen) if seen == expected => Ok(()),
            Ok(seen) => Err(format!("{} must say {expected:x}, not {seen:x}", place())),
            Err(damage) => Err(format!("{} must say {expected:x}, but is {damage}", place())),
        }
    }
}
