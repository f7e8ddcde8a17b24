//! Finds the longest record.

use indicatif::HumanCount;

use super::Job;
use crate::counted::counted;
use crate::record::Record;

/// Finds the first of the longest records, ends of lines not counted.
#[derive(Debug, Default)]
pub(super) struct Longest {
    number: u64,
    len: Option<usize>,
}

impl Job for Longest {
    fn name(&self) -> &'static str {
        "longest"
    }

    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        let len = Some(record.line().len());
        if len > self.len {
            *self = Self { number: record.number, len };
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<String> {
        let len = counted(self.len.unwrap_or(0) as u64, "byte");
        Ok(format!("{len}, in record {}", HumanCount(self.number)))
    }
}
