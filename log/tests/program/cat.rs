//! `cat`.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::program::{Ended, Place, Running, input, program, run, run_with};

#[test]
fn a_range_of_sequences_is_printed() {
    let place = Place::recorded(100);
    let printed = run(&["cat", &place.log(), "--from", "17", "--to", "20"]).good();
    assert_eq!(printed, "line 17\nline 18\nline 19\n");
    assert_eq!(run(&["cat", &place.log(), "--from", "100"]).good(), "");
    assert_eq!(run(&["cat", &place.log(), "--from", "1000"]).good(), "");
}

#[test]
fn a_range_of_time_is_printed() {
    let place = Place::recorded(100);
    let log = place.log();
    let all = String::from_utf8(input(100)).unwrap();
    assert_eq!(run(&["cat", &log, "--since", "-1h"]).good(), all);
    assert_eq!(run(&["cat", &log, "--since", "2000-01-01T00:00:00Z"]).good(), all);
    assert_eq!(run(&["cat", &log, "--since", "2100-01-01T00:00:00Z"]).good(), "");
    assert_eq!(run(&["cat", &log, "--until", "-1h"]).good(), "");
    assert_eq!(run(&["cat", &log, "--until", "2100-01-01T00:00:00+01:00"]).good(), all);
    let ended = run(&["cat", &log, "--since", "yesterday"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("2026-01-31T12:00:00Z"), "{ended:?}");
}

#[test]
fn an_object_a_line_has_the_text_or_else_its_bytes() {
    let place = Place::new();
    run_with(&["record", &place.log()], b"a \"word\"\n\xff\xfe\n").good();
    let printed = run(&["cat", &place.log(), "--json"]).good();
    let objects: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2);
    assert_eq!((&objects[0]["sequence"], &objects[1]["sequence"]), (&0.into(), &1.into()));
    assert_eq!(objects[0]["text"], "a \"word\"");
    assert_eq!(objects[0]["codec"], "bytes");
    assert_eq!(objects[0]["schema"], 0);
    assert!(objects[0]["time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(objects[1]["base64"], "//4=");
    assert!(objects[1].get("text").is_none());
}

#[test]
fn a_log_is_followed_while_it_is_recorded_and_after_that() {
    let place = Place::new();
    let log = place.log();
    let mut recorder =
        program(&["record", &log]).stdin(Stdio::piped()).spawn().map(Running).unwrap();
    let mut stdin = recorder.0.stdin.take().unwrap();
    stdin.write_all(b"first\n").unwrap();
    crate::program::wait_until("there is a log", || run(&["info", &log]).code == Some(0));
    let mut follower = program(&["cat", &log, "--follow"]).spawn().map(Running).unwrap();
    let mut lines = BufReader::new(follower.0.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "first");
    stdin.write_all(b"second\n").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "second");
    drop(stdin);
    recorder.ended().good();
    // Another process goes on with the log.
    run_with(&["record", &log, "--resume"], b"first\nsecond\nthird\n").good();
    assert_eq!(lines.next().unwrap().unwrap(), "third");
    follower.signal("INT");
    follower.ended().good();
}

#[test]
fn a_log_is_followed_until_nobody_writes_it() {
    let place = Place::new();
    let log = place.log();
    let mut recorder =
        program(&["record", &log]).stdin(Stdio::piped()).spawn().map(Running).unwrap();
    let mut stdin = recorder.0.stdin.take().unwrap();
    stdin.write_all(b"line 0\n").unwrap();
    crate::program::wait_until("there is a log", || run(&["info", &log]).code == Some(0));
    let follower = program(&["cat", &log, "--until-end"]).spawn().map(Running).unwrap();
    stdin.write_all(&input(5000)["line 0\n".len()..]).unwrap();
    drop(stdin);
    assert_eq!(follower.ended().good().as_bytes(), input(5000));
    recorder.ended().good();
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let place = Place::recorded(20_000);
    for format in [&[][..], &["--json"]] {
        let mut child = program(&[&["cat", &place.log()], format].concat()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 5]).unwrap();
        drop(out);
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    }
}
