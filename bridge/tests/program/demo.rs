//! The demonstration.

use crate::running::{Ended, is_possible, lines, program};

/// Runs the demonstration, and returns what it has printed.
fn demo(text: &str, options: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, text).unwrap();
    let arguments = [&["demo", file.to_str().unwrap()], options].concat();
    program(&arguments).output().unwrap().into()
}

/// Checks that the writer and both mirrors have the same digest of so many events.
#[track_caller]
fn check(out: &str, events: u64) {
    let digests: Vec<_> = out
        .lines()
        .filter(|line| line.ends_with(&format!(" of {events} events")))
        .map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(digests.len(), 3, "{out}");
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{out}");
}

#[test]
fn the_leader_is_killed_and_the_digests_agree() {
    if !is_possible() {
        return;
    }
    let out = demo(&lines(0..50_000), &[]).good();
    check(&out, 50_000);
    assert!(out.contains("killed n"), "{out}");
}

#[test]
fn without_servers_the_digests_agree() {
    let out = demo(&lines(0..10_000), &["--embedded"]).good();
    check(&out, 10_000);
}

#[test]
fn a_file_without_lines_is_refused() {
    demo("", &[]).refused(2, &["fewer than two lines"]);
}
