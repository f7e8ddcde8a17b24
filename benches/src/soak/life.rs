//! Births and deaths: every value with a destructor is created once and dropped once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::dice::mix;
use super::mishap;

/// The register of the values of a round.
///
/// It adds up who was born and who died, so that a value that is dropped twice does not make up for
/// one that is never dropped.
// ORDERING: everything here is Relaxed. Sums alone are taken, and they are read when all threads
// that took part were joined.
#[derive(Debug, Default)]
pub struct Life {
    born: AtomicU64,
    died: AtomicU64,
    who_was_born: AtomicU64,
    who_died: AtomicU64,
}

impl Life {
    /// Begins a register.
    pub fn begin() -> Arc<Self> {
        Arc::default()
    }

    /// Returns how many values were created.
    pub fn born(&self) -> u64 {
        self.born.load(Ordering::Relaxed)
    }

    /// Checks that everybody who was born has died, and nobody else. All handles must be gone.
    ///
    /// # Errors
    ///
    /// If somebody lives, or has died twice.
    pub fn check(&self) -> Result<(), String> {
        let (born, died) = (self.born(), self.died.load(Ordering::Relaxed));
        if born != died {
            return Err(format!("{born} values were created, and {died} dropped"));
        }
        let who_was_born = self.who_was_born.load(Ordering::Relaxed);
        if who_was_born != self.who_died.load(Ordering::Relaxed) {
            return Err("a value was dropped twice, and another one never".to_owned());
        }
        Ok(())
    }
}

/// A part of a value that is registered: the value lives as long as this.
#[derive(Debug)]
pub struct Token {
    life: Arc<Life>,
    number: u64,
}

impl Token {
    /// Registers a birth.
    pub fn new(life: &Arc<Life>) -> Self {
        let number = life.born.fetch_add(1, Ordering::Relaxed);
        life.who_was_born.fetch_add(mix(number), Ordering::Relaxed);
        Self { life: Arc::clone(life), number }
    }
}

impl Clone for Token {
    fn clone(&self) -> Self {
        Self::new(&self.life)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.life.died.fetch_add(1, Ordering::Relaxed);
        self.life.who_died.fetch_add(mix(self.number), Ordering::Relaxed);
        mishap::on_drop();
    }
}
