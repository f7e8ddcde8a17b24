//! When a reader that is faster than the writers lets others run.

#![forbid(unsafe_code)]

/// If so many events were taken since the last look, the reader is not too fast.
const FEW: u64 = 64;

/// If letting others run has brought so many events, it has paid.
const PAID: u64 = 4;

/// How many waits go by at most until it is tried again.
const LONGEST: u32 = 4096;

/// Decides whether a reader lets others run before it looks for a batch.
///
/// Where events stream in, that lets them gather. Where they come one by one, each would wait for it: so
/// if it has not paid, the next trial comes after one more wait, then after three, seven, and so on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    /// Whether others were let run before the last look.
    tried: bool,
    /// How many waits go by until the next trial.
    rest: u32,
    /// How many went by until the last one.
    last_rest: u32,
}

impl Patience {
    /// Whether to let others run now, if the last look found something at once or not, and so many events
    /// were taken since.
    #[inline]
    pub(super) fn lets_others_run(&mut self, at_once: bool, taken: u64) -> bool {
        if self.tried {
            self.tried = false;
            self.last_rest = if taken >= PAID { 0 } else { (2 * self.last_rest + 1).min(LONGEST) };
            self.rest = self.last_rest;
        }
        if !at_once || taken >= FEW {
            return false;
        }
        self.tried = self.rest == 0;
        self.rest = self.rest.saturating_sub(1);
        self.tried
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Patience};

    fn tries(waits: usize, mut taken: impl FnMut(bool) -> u64) -> usize {
        let (mut patience, mut tried) = (Patience::default(), false);
        let mut trial = || {
            tried = patience.lets_others_run(true, taken(tried));
            tried
        };
        (0..waits).filter(|_| trial()).count()
    }

    #[test]
    fn where_it_pays_others_run_each_time() {
        assert_eq!(tries(1000, |tried| if tried { 20 } else { 1 }), 1000);
    }

    #[test]
    fn where_it_does_not_pay_it_is_tried_ever_less() {
        let trials = tries(100_000, |_| 1);
        let rare = 100_000 / LONGEST as usize;
        assert!((rare..rare + 20).contains(&trials), "{trials}");
    }

    #[test]
    fn a_reader_that_waits_or_takes_many_does_not_let_others_run() {
        let mut patience = Patience::default();
        assert!(!patience.lets_others_run(false, 1));
        assert!(!patience.lets_others_run(true, 64));
        assert!(patience.lets_others_run(true, 63));
    }
}
