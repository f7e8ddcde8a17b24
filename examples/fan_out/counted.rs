//! Numbers in sentences.

use indicatif::HumanCount;

/// Returns so many of something in words: `1 record`, `2,000 records`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}
