//! The events: a small one, one that owns memory, and a large one.

use std::fmt::Write;
use std::sync::Arc;

use super::life::{Life, Token};
use super::mishap;
use crate::event::{self, Event};

/// An event that says a word, in a way that shows whether it is whole.
pub trait Payload: Clone + Send + Sync + 'static {
    /// What kind of event it is.
    const NAME: &'static str;

    /// Makes an event that says this word.
    fn make(word: u64, life: &Arc<Life>) -> Self;

    /// Makes the event say another word, in place.
    fn write(&mut self, word: u64);

    /// Returns the word.
    ///
    /// # Errors
    ///
    /// If the event is not whole, with what is wrong with it.
    fn read(&self) -> Result<u64, String>;
}

/// A word and nothing else.
#[derive(Debug)]
pub struct Small(u64);

impl Payload for Small {
    const NAME: &'static str = "small";

    fn make(word: u64, _: &Arc<Life>) -> Self {
        Self(word)
    }

    fn write(&mut self, word: u64) {
        self.0 = word;
    }

    fn read(&self) -> Result<u64, String> {
        Ok(self.0)
    }
}

impl Clone for Small {
    fn clone(&self) -> Self {
        mishap::on_clone();
        Self(self.0)
    }
}

/// A text on the heap, the length of which depends on the word; and a destructor.
#[derive(Debug)]
pub struct Owned {
    text: String,
    token: Token,
}

impl Owned {
    fn padding(word: u64) -> usize {
        (word % 48) as usize
    }
}

impl Payload for Owned {
    const NAME: &'static str = "owning";

    fn make(word: u64, life: &Arc<Life>) -> Self {
        let mut event = Self { text: String::new(), token: Token::new(life) };
        event.write(word);
        event
    }

    fn write(&mut self, word: u64) {
        self.text.clear();
        write!(self.text, "{word:016x}{:.<1$}", "", Self::padding(word)).expect("it is a string");
    }

    fn read(&self) -> Result<u64, String> {
        let digits = self.text.get(..16).and_then(|head| u64::from_str_radix(head, 16).ok());
        let padding = self.text.bytes().skip(16);
        match digits {
            Some(word)
                if padding.len() == Self::padding(word) && padding.clone().all(|b| b == b'.') =>
            {
                Ok(word)
            }
            _ => Err(format!("the text {:?}", self.text)),
        }
    }
}

impl Clone for Owned {
    fn clone(&self) -> Self {
        mishap::on_clone();
        Self { text: self.text.clone(), token: self.token.clone() }
    }
}

/// Half a kilobyte, each word of which is another one.
#[derive(Debug)]
pub struct Large(Event<64>);

impl Payload for Large {
    const NAME: &'static str = "large";

    fn make(word: u64, _: &Arc<Life>) -> Self {
        Self(event::event(word))
    }

    fn write(&mut self, word: u64) {
        self.0 = event::event(word);
    }

    fn read(&self) -> Result<u64, String> {
        let word = self.0[0];
        if self.0 == event::event(word) { Ok(word) } else { Err(format!("torn: {:x?}", self.0)) }
    }
}

impl Clone for Large {
    fn clone(&self) -> Self {
        mishap::on_clone();
        Self(self.0)
    }
}
