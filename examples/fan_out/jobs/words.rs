//! Counts words.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use super::Job;
use crate::counted::counted;
use crate::record::Record;

/// No more characters of a word are shown.
const SHOWN: usize = 24;

/// Counts words, which are separated by white space, and finds the most frequent.
///
/// The only job for which the input is text. Bytes that are not UTF-8 are read as
/// U+FFFD, and the result says in how many records there were such.
#[derive(Debug, Default)]
pub(super) struct Words {
    total: u64,
    /// How often each word comes, without the punctuation around it.
    counts: HashMap<String, u64>,
    not_utf8: u64,
}

impl Job for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        let text = String::from_utf8_lossy(&record.bytes);
        self.not_utf8 += u64::from(matches!(text, Cow::Owned(_)));
        for word in text.split_whitespace() {
            self.total += 1;
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            if let Some(count) = self.counts.get_mut(word) {
                *count += 1;
            } else if !word.is_empty() {
                self.counts.insert(word.to_owned(), 1);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<String> {
        let mut result = counted(self.total, "word");
        // Of words that are equally frequent, the first in the alphabet.
        let frequent = self.counts.iter().max_by_key(|&(word, count)| (count, Reverse(word)));
        if let Some((word, count)) = frequent {
            let shown: String = word.chars().take(SHOWN).collect();
            result += &format!(", most often {shown:?}, {}", counted(*count, "time"));
        }
        if self.not_utf8 > 0 {
            let records = counted(self.not_utf8, "record");
            result += &format!("\n(bytes in {records} are not UTF-8, and were read as U+FFFD)");
        }
        Ok(result)
    }
}
