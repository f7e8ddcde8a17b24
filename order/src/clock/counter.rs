//! The processor's own counter, if it can be trusted.

#![forbid(unsafe_code)]

use core::hint::black_box;
use core::time::Duration;

use super::fenced;
use super::step;

/// Fewer ticks at once cannot be told from one.
const DISCERNIBLE: u64 = 4;

/// How many readings tell the step.
const SAMPLES: u64 = 512;

/// The processor's time-stamp counter, which counts at a constant rate.
#[derive(Debug)]
pub(super) struct Counter {
    ticks: quanta::Clock,
    strict: bool,
}

impl Counter {
    /// Finds the counter and measures how fast and how finely it counts: that takes up to 200 ms.
    /// `None` if it is missing or cannot be trusted.
    pub(super) fn find() -> Option<Self> {
        if !fenced::SUPPORTED || kernel_distrusts() {
            return None;
        }
        let ticks = quanta::Clock::new();
        // Where there is no counter of constant rate, quanta reads the system's clock, whose ticks
        // are exactly nanoseconds.
        if ticks.delta_as_nanos(0, u64::from(u32::MAX)) == u64::from(u32::MAX) {
            return None;
        }
        let mut counter = Self { ticks, strict: false };
        // A step that is shorter than any two readings in a row are apart is shorter than any two
        // readings that happen one after the other on different threads.
        let differences = counter.differences();
        let least = differences.iter().copied().min().unwrap_or(0);
        counter.strict = least > 0 && !step::may_be_at_least(least.max(DISCERNIBLE), &differences);
        Some(counter)
    }

    /// Reads the counter.
    #[inline]
    pub(super) fn read(&self) -> u64 {
        // ORDERING: the processor may read its counter before an earlier load of this thread has its
        // value, for instance of the flag by which another thread says "I have published". The
        // reading would then be smaller than that thread's, which happened before it. The fence
        // waits for all earlier loads. (On AMD it does so in the mode in which every current system
        // runs the processor, because protection from speculation needs the same.)
        //
        // Later stores need no fence: they become visible only after this reading is done. The
        // compiler moves neither the fence nor the reading across accesses to memory.
        fenced::load_fence();
        self.ticks.raw()
    }

    /// Whether the counter's step is too small for two readings, one after the other, to be equal.
    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Returns the time between two readings, or 0 if the second is the earlier one.
    pub(super) fn duration(&self, from: u64, to: u64) -> Duration {
        self.ticks.delta(from, to)
    }

    /// Returns differences between successive readings, with more and less work between them, so that
    /// they do not have a period of their own.
    fn differences(&self) -> Vec<u64> {
        let mut random = 1_u64;
        let mut last = self.read();
        let difference = |_| {
            for _ in 0..random >> 59 {
                random = black_box(random);
            }
            // A linear congruential generator; the constants are Knuth's.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let now = self.read();
            let difference = now.saturating_sub(last);
            last = now;
            difference
        };
        (0..SAMPLES).map(difference).collect()
    }
}

/// Whether the kernel has found that the counters of the cores do not run in step, so that it does not
/// offer the counter as a clock. The processor itself tells only that their rate is constant.
fn kernel_distrusts() -> bool {
    const OFFERED: &str = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
    cfg!(target_os = "linux")
        && std::fs::read_to_string(OFFERED)
            .is_ok_and(|offered| !offered.split_whitespace().any(|name| name == "tsc"))
}
