//! What was acknowledged outlives a process that is killed, at whatever moment: the real program is killed with
//! SIGKILL while it records, rotates, retains and stores checkpoints, and is started again.
//!
//! `BROADRING_LOG_KILLS=n` kills so often in all, instead of 240 times; `BROADRING_LOG_SEED=n` repeats a run as far
//! as the system's scheduling can be repeated.

mod consumer;
mod input;
mod killing;
mod recorder;

use crate::killing::Scenario;

#[test]
fn what_was_synced_by_batches_outlives_a_kill() {
    Scenario::new("batch", &["--durability", "batch", "--segment-bytes", "6kB"]).run();
}

#[test]
fn what_was_synced_by_number_outlives_a_kill() {
    Scenario::new("every", &["--durability", "every=40,5", "--segment-bytes", "3kB"]).run();
}

#[test]
fn what_was_synced_by_time_outlives_a_kill() {
    Scenario::new("interval", &["--durability", "interval=4", "--segment-bytes", "20kB"]).run();
}

#[test]
fn what_was_left_to_the_system_outlives_a_kill() {
    Scenario::new("system", &["--durability", "system", "--segment-bytes", "10kB"]).run();
}

#[test]
fn what_is_retained_outlives_a_kill() {
    let options = ["--segment-bytes", "2kB", "--retain-bytes", "10kB", "--rate", "20000"];
    Scenario::new("retain", &options).retaining().run();
}

#[test]
fn a_consumer_that_is_killed_misses_nothing() {
    let options = ["--segment-bytes", "2kB", "--retain-bytes", "8kB", "--rate", "20000"];
    Scenario::new("consumer", &options).retaining().consumed().run();
}
