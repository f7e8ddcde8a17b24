//! Statistics for a recorder of `metrics`.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use super::stats::MirrorStats;

impl MirrorStats {
    /// Hands these numbers to the recorder that the program has installed, with the label `mirror`.
    pub fn record_metrics(&self, mirror: impl Into<String>) {
        let mirror = mirror.into();
        let counters = [
            ("broadring_mirror_next", u64::from(self.next)),
            ("broadring_mirror_frames", self.frames),
            ("broadring_mirror_bytes", self.bytes),
            ("broadring_mirror_restarts", self.restarts),
        ];
        for (name, value) in counters {
            counter!(name, "mirror" => mirror.clone()).absolute(value);
        }
        let stalled = self.stalled.map_or(0.0, |stalled| stalled.as_secs_f64());
        gauge!("broadring_mirror_epoch", "mirror" => mirror.clone()).set(self.epoch as f64);
        gauge!("broadring_mirror_pending", "mirror" => mirror.clone()).set(self.pending as f64);
        gauge!("broadring_mirror_stalled_seconds", "mirror" => mirror).set(stalled);
    }

    /// Tells that recorder what the numbers mean.
    pub fn describe_metrics() {
        describe_counter!(
            "broadring_mirror_next",
            Unit::Count,
            "the sequence after the last event that is in the ring"
        );
        describe_counter!("broadring_mirror_frames", Unit::Count, "frames read");
        describe_counter!("broadring_mirror_bytes", Unit::Bytes, "bytes of frames read");
        describe_counter!(
            "broadring_mirror_restarts",
            Unit::Count,
            "how often reading had to begin anew"
        );
        describe_gauge!("broadring_mirror_epoch", Unit::Count, "the epoch of the writer");
        describe_gauge!("broadring_mirror_pending", Unit::Count, "messages that are to come");
        describe_gauge!(
            "broadring_mirror_stalled_seconds",
            Unit::Seconds,
            "for how long the mirror has not got on"
        );
    }
}
