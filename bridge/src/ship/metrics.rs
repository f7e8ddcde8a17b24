//! Statistics for a recorder of `metrics`.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use super::stats::ShipperStats;

impl ShipperStats {
    /// Hands these numbers to the recorder that the program has installed, with the label `stream`.
    pub fn record_metrics(&self, stream: impl Into<String>) {
        let stream = stream.into();
        let counters = [
            ("broadring_shipper_acknowledged", u64::from(self.acknowledged)),
            ("broadring_shipper_frames", self.frames),
            ("broadring_shipper_bytes", self.bytes),
            ("broadring_shipper_doubts", self.doubts),
        ];
        for (name, value) in counters {
            counter!(name, "stream" => stream.clone()).absolute(value);
        }
        let outage = self.outage.map_or(0.0, |outage| outage.as_secs_f64());
        let lag = u64::from(self.framed) - u64::from(self.acknowledged);
        gauge!("broadring_shipper_epoch", "stream" => stream.clone()).set(self.epoch as f64);
        gauge!("broadring_shipper_lag", "stream" => stream.clone()).set(lag as f64);
        gauge!("broadring_shipper_outage_seconds", "stream" => stream).set(outage);
    }

    /// Tells that recorder what the numbers mean.
    pub fn describe_metrics() {
        describe_counter!(
            "broadring_shipper_acknowledged",
            Unit::Count,
            "the sequence before which everything is in the stream"
        );
        describe_counter!("broadring_shipper_frames", Unit::Count, "frames acknowledged");
        describe_counter!("broadring_shipper_bytes", Unit::Bytes, "bytes of frames acknowledged");
        describe_counter!(
            "broadring_shipper_doubts",
            Unit::Count,
            "how often the servers had to be asked what was accepted"
        );
        describe_gauge!("broadring_shipper_epoch", Unit::Count, "the epoch of the writer");
        describe_gauge!("broadring_shipper_lag", Unit::Count, "events that are not acknowledged");
        describe_gauge!(
            "broadring_shipper_outage_seconds",
            Unit::Seconds,
            "for how long nothing was acknowledged"
        );
    }
}
