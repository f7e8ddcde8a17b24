//! `info`, `verify`, `replay` and `bench`.

use std::fs;

use broadring_log::{LogReader, OpenError};

use crate::program::{Place, Running, input, program, run, run_with};

#[test]
fn what_there_is_of_a_log_is_told() {
    let place = Place::recorded(200);
    let reader = LogReader::open(place.path("log")).unwrap();
    reader.checkpoint("consumer").unwrap().store(150).unwrap();
    let printed = run(&["info", &place.log(), "--json"]).good();
    let info: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(info["log"], reader.id().to_string());
    assert_eq!(
        (&info["oldest"], &info["next"], &info["durable"]),
        (&0.into(), &200.into(), &200.into())
    );
    assert_eq!(info["segments"].as_array().unwrap().len(), place.segments().len());
    assert_eq!(info["checkpoints"][0]["name"], "consumer");
    assert_eq!(info["checkpoints"][0]["lag"], 50);
    assert!(info["writer"].is_null());
    let text = run(&["info", &place.log()]).good();
    for word in ["200 events", "writer   nobody", "consumer: goes on with 150, 50 behind"] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn who_writes_a_log_is_told() {
    let place = Place::new();
    let log = broadring_log::Log::open(place.path("log")).unwrap();
    let text = run(&["info", &place.log()]).good();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    let ended = run_with(&["record", &place.log()], b"line\n");
    ended.refused(2, &["is locked", &format!("process {}", std::process::id())]);
    run(&["repair", &place.log()]).refused(2, &["is locked"]);
    assert!(run(&["verify", &place.log()]).good().contains("a process goes on writing"));
    drop(log);
    run_with(&["record", &place.log()], b"line\n").good();
}

#[test]
fn a_log_is_good_at_every_moment_while_it_is_recorded() {
    let place = Place::new();
    fs::write(place.path("input"), input(20_000)).unwrap();
    let options = ["--segment-bytes", "2kB", "--retain-bytes", "8kB", "--capacity", "64"];
    let durability = ["--durability", "every=100,5", "--rate", "30000"];
    let (log, file) = (place.log(), place.argument("input"));
    let arguments = [&["record", &log, "--file", &file], &options[..], &durability[..]].concat();
    let mut recorder = program(&arguments).spawn().map(Running).unwrap();
    let (mut looked, mut ended) = (0, false);
    while !ended {
        ended = recorder.0.try_wait().unwrap().is_some();
        match broadring_log::verify(&log, |_| ()) {
            Ok(report) => {
                assert!(report.is_good(), "{report:?}");
                assert!(!ended || report.sequences.end == 20_000.into(), "{report:?}");
                looked += 1;
            }
            // It is not there yet.
            Err(OpenError::NoDirectory(_) | OpenError::NotALog(_)) if looked == 0 && !ended => {}
            Err(error) => panic!("{error}"),
        }
    }
    recorder.ended().good();
}

#[test]
fn a_damage_is_found_with_its_file_its_place_and_its_events() {
    let place = Place::recorded(500);
    assert!(run(&["verify", &place.log()]).good().contains("good: 500 events"));
    assert_eq!(run(&["verify", "--quiet", &place.log()]).good(), "");
    let segment = &place.segments()[1];
    let mut bytes = fs::read(segment).unwrap();
    bytes[70] ^= 1;
    fs::write(segment, bytes).unwrap();
    let ended = run(&["verify", &place.log()]);
    assert_eq!((ended.code, &*ended.err), (Some(1), ""));
    let line = ended.out.lines().next().unwrap();
    for word in ["damage: ", segment.to_str().unwrap(), "at byte 64", "the events from"] {
        assert!(line.contains(word), "{line}");
    }
    run(&["cat", &place.log()]).refused(1, &["at byte 64", "the events from", "repair"]);
}

#[test]
fn an_end_that_was_not_finished_is_good() {
    let place = Place::recorded(50);
    let last = place.segments().pop().unwrap();
    let mut bytes = fs::read(&last).unwrap();
    bytes.extend([1; 33]);
    fs::write(&last, bytes).unwrap();
    let printed = run(&["verify", &place.log()]).good();
    assert!(printed.contains("note: the last 33 bytes"), "{printed}");
    assert_eq!(run(&["cat", &place.log()]).good().as_bytes(), input(50));
    let ended = run_with(&["record", "--resume", &place.log()], &input(60));
    assert!(ended.err.contains("recovered: 33 bytes were cut off"), "{ended:?}");
    assert_eq!(run(&["cat", &place.log()]).good().as_bytes(), input(60));
}

#[test]
fn all_readers_of_a_replay_see_the_same() {
    let place = Place::recorded(1000);
    let digest = |options: &[&str]| {
        let printed = run(&[&["replay", &place.log()], options].concat()).good();
        assert!(printed.starts_with("replayed 1,000 events"), "{printed}");
        printed.lines().nth(1).unwrap().split(',').next().unwrap().to_owned()
    };
    let first = digest(&[]);
    assert_eq!(digest(&["--readers", "4", "--capacity", "8"]), first);
    assert_eq!(digest(&["--rate", "10000", "--readers", "1"]), first);
}

#[test]
fn a_measurement_leaves_nothing_behind() {
    let place = Place::new();
    let folder = place.0.path().to_str().unwrap().to_owned();
    let printed = run(&["bench", &folder, "--time", "10ms", "--sizes", "100"]).good();
    for word in ["batch", "every=1000,20", "interval=20", "system"] {
        assert!(printed.contains(word), "{printed}");
    }
    assert_eq!(fs::read_dir(place.0.path()).unwrap().count(), 0);
}
