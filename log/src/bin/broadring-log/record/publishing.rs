//! Publishes lines: reads them straight into the slots of the ring, whose memory is used again.

use std::thread;
use std::time::{Duration, Instant};

use broadring::Writer;
use broadring_log::Journal;
use indicatif::ProgressBar;

use super::input::{Input, Next};
use crate::stopping::Stop;

/// How many slots are claimed at once.
const AT_ONCE: usize = 256;

/// How long a wait lasts before it is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// What publishing depends on.
#[derive(Debug)]
pub(super) struct Publishing<'a> {
    pub(super) journal: &'a Journal<Vec<u8>>,
    pub(super) stop: &'a Stop,
    pub(super) bar: &'a ProgressBar,
    /// How many lines a second, at most.
    pub(super) rate: Option<u32>,
    /// Whether to go on when the journal has failed.
    pub(super) despite_failure: bool,
}

/// What was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Published {
    /// How many lines.
    pub(super) lines: u64,
    /// Whether that was the whole input, or all of it until the process was asked to stop.
    pub(super) whole: bool,
}

impl Publishing<'_> {
    /// Publishes all lines, and then closes the ring.
    pub(super) fn run(
        &self,
        mut writer: Writer<Vec<u8>>,
        input: &mut Input,
    ) -> anyhow::Result<Published> {
        let start = Instant::now();
        let mut published = 0;
        // The beginning of a line of which the end has not come yet.
        let mut begun = Vec::new();
        while !self.stop.is_asked() {
            if !self.despite_failure && self.journal.failure().is_some() {
                return Ok(Published { lines: published, whole: false });
            }
            let most = self.allowed(start, published).min(AT_ONCE.min(writer.capacity()));
            if most == 0 {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            // If the ring stays full, the journal may have stopped.
            let Ok(mut claim) = writer.claim_up_to_timeout(most, LOOK) else { continue };
            let (mut filled, mut next) = (0, Ok(Next::Line));
            for slot in &mut claim {
                slot.clear();
                // What was begun is short, and copied seldom.
                slot.append(&mut begun);
                next = input.read_line(slot, self.stop);
                if !matches!(next, Ok(Next::Line)) {
                    begun.append(slot);
                    break;
                }
                filled += 1;
                // What is here is published before anything is waited for.
                if !input.has_line() {
                    break;
                }
            }
            claim.publish_first(filled);
            published += filled as u64;
            self.bar.set_position(input.position());
            if next? == Next::End {
                break;
            }
        }
        Ok(Published { lines: published, whole: true })
    }

    /// How many lines may be published now.
    fn allowed(&self, start: Instant, published: u64) -> usize {
        match self.rate {
            None => usize::MAX,
            Some(rate) => {
                let due = start.elapsed().as_secs_f64() * f64::from(rate);
                (due as u64).saturating_sub(published) as usize
            }
        }
    }
}
