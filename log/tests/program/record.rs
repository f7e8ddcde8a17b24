//! `record`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::program::{Place, Running, acknowledged, input, program, run, run_with, wait_until};

#[test]
fn every_line_is_recorded_and_printed_again() {
    let place = Place::new();
    let text = "one\n\n  three \r\nvier: \u{fc}ber\nno end";
    let ended = run_with(&["record", &place.log()], text.as_bytes());
    assert!(ended.err.contains("recorded 5 events"), "{ended:?}");
    assert!(ended.err.contains("5 lines are acknowledged"), "{ended:?}");
    assert_eq!(run(&["cat", &place.log()]).good(), format!("{text}\n"));
}

#[test]
fn nothing_is_recorded_of_an_empty_input() {
    let place = Place::new();
    run_with(&["record", &place.log()], b"").good();
    assert_eq!(run(&["cat", &place.log()]).good(), "");
    assert!(run(&["verify", &place.log()]).good().contains("good: 0 events"));
}

#[test]
fn recording_goes_on_where_it_ended() {
    let place = Place::new();
    let log = place.log();
    for lines in [3, 3, 100, 250] {
        fs::write(place.path("input"), input(lines)).unwrap();
        run(&["record", &log, "--resume", "--file", &place.argument("input")]).good();
        assert_eq!(run(&["cat", &log]).good().as_bytes(), input(lines));
    }
}

#[test]
fn a_log_that_has_events_is_not_recorded_into_by_accident() {
    let place = Place::recorded(7);
    let ended = run_with(&["record", &place.log()], &input(9));
    ended.refused(2, &["has 7 events already", "--resume"]);
    let ended = run_with(&["record", &place.log(), "--resume"], &input(5));
    ended.refused(2, &["has 7 lines", "only 5 lines"]);
    assert_eq!(run(&["cat", &place.log()]).good().as_bytes(), input(7));
}

#[test]
fn all_durabilities_and_failures_can_be_chosen() {
    for durability in ["batch", "every=10,5", "interval=1", "system"] {
        for failure in ["stop", "leave", "memory=1s,1MiB"] {
            let place = Place::new();
            let log = place.log();
            let options = ["--durability", durability, "--on-failure", failure];
            run_with(&[&["record", &log], &options[..]].concat(), &input(300)).good();
            assert_eq!(run(&["cat", &log]).good().as_bytes(), input(300));
        }
    }
}

#[test]
fn the_oldest_segments_are_removed_where_that_is_asked_for() {
    let place = Place::new();
    let log = place.log();
    let options = ["--segment-bytes", "1kB", "--retain-bytes", "3kB", "--capacity", "16"];
    run_with(&[&["record", &log], &options[..]].concat(), &input(2000)).good();
    let kept = run(&["cat", &log]).good();
    assert!(kept.starts_with("line 1") && kept.ends_with("line 1999\n"), "{kept}");
    assert!(kept.lines().count() < 500);
    run(&["cat", &log, "--from", "3"]).refused(2, &["event 3 was removed", "--from"]);
    run(&["verify", &log]).good();
}

#[test]
fn what_was_published_is_written_when_a_signal_comes() {
    for signal in ["INT", "TERM"] {
        let place = Place::new();
        let ack = place.argument("ack");
        let mut child = program(&["record", &place.log(), "--ack", &ack])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // The last line has no end yet.
        stdin.write_all(b"one\ntwo\nthr").unwrap();
        wait_until("two lines are acknowledged", || acknowledged(&place.path("ack")) == 2);
        let recorder = Running(child);
        recorder.signal(signal);
        let ended = recorder.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.err.contains("recorded 2 events"), "{ended:?}");
        assert_eq!(run(&["cat", &place.log()]).good(), "one\ntwo\n");
        run_with(&["record", &place.log(), "--resume"], b"one\ntwo\nthree\n").good();
        assert_eq!(run(&["cat", &place.log()]).good(), "one\ntwo\nthree\n");
    }
}

#[test]
fn lines_are_acknowledged_on_standard_output() {
    let place = Place::new();
    let printed = run_with(&["record", &place.log(), "--ack", "-"], &input(100)).good();
    let numbers: Vec<u64> = printed.lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.is_sorted());
    assert_eq!((numbers.first(), numbers.last()), (Some(&0), Some(&100)));
}

#[test]
fn a_rate_is_kept_to() {
    let place = Place::new();
    let start = std::time::Instant::now();
    run_with(&["record", &place.log(), "--rate", "1000"], &input(100)).good();
    assert!(start.elapsed().as_millis() >= 99);
}

#[test]
fn values_that_mean_nothing_are_refused_with_what_they_should_be() {
    let place = Place::new();
    for (option, value, word) in [
        ("--durability", "often", "every=N,MS"),
        ("--durability", "every=0,1", "at least one"),
        ("--on-failure", "panic", "memory=TIME,BYTES"),
        ("--segment-bytes", "many", "64KiB"),
        ("--retain-age", "old", "7d"),
        ("--rate", "0", "1"),
    ] {
        let ended = run_with(&["record", &place.log(), option, value], b"line\n");
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(word), "{ended:?}");
    }
    let capacity = ["record", &place.log(), "--capacity", "1000"];
    run_with(&capacity, b"line\n").refused(2, &["--capacity", "1024"]);
    let missing = ["record", &place.log(), "--file", "/nowhere/at/all"];
    run(&missing).refused(2, &["/nowhere/at/all"]);
    assert!(!place.path("log").exists(), "nothing is made of what is refused");
}

#[test]
fn a_line_that_is_too_long_ends_the_recording_after_those_before_it() {
    let place = Place::new();
    let ended = run_with(&["record", &place.log(), "--max-line", "10"], b"short\nmuch too long\n");
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("line 2") && ended.err.contains("--max-line"), "{ended:?}");
    assert_eq!(run(&["cat", &place.log()]).good(), "short\n");
}
