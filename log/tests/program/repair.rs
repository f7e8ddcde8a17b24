//! `repair`.

use std::fs;

use crate::program::{Place, input, run, run_with};

#[test]
fn a_good_log_is_left_alone() {
    let place = Place::recorded(100);
    assert!(run(&["repair", &place.log()]).good().contains("good, and nothing was changed"));
}

#[test]
fn a_repaired_log_goes_on_with_the_first_line_that_is_gone() {
    let place = Place::recorded(500);
    let segment = &place.segments()[3];
    let mut bytes = fs::read(segment).unwrap();
    bytes[100] ^= 1;
    fs::write(segment, &bytes).unwrap();
    run_with(&["record", "--resume", &place.log()], &input(500)).good();

    let ended = run(&["repair", "--dry-run", &place.log()]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("would: cut off"), "{ended:?}");
    assert_eq!(fs::read(segment).unwrap(), bytes);

    let printed = run(&["repair", &place.log()]).good();
    assert!(printed.contains("gone: the events from"), "{printed}");
    assert!(printed.contains("to before 500"), "{printed}");
    run(&["verify", &place.log()]).good();
    let kept = run(&["cat", &place.log()]).good();
    assert!(input(500).starts_with(kept.as_bytes()) && kept.len() > 100);
    run_with(&["record", "--resume", &place.log()], &input(500)).good();
    assert_eq!(run(&["cat", &place.log()]).good().as_bytes(), input(500));
}

#[test]
fn the_newest_lines_are_kept_where_that_is_asked_for() {
    let place = Place::recorded(500);
    fs::remove_file(&place.segments()[1]).unwrap();
    run(&["cat", &place.log()]).refused(1, &["the file is missing"]);
    run(&["repair", "--keep", "newest", &place.log()]).good();
    let kept = run(&["cat", &place.log()]).good();
    assert!(input(500).ends_with(kept.as_bytes()) && kept.len() > 100);
}

#[test]
fn a_missing_manifest_is_made_anew() {
    let place = Place::recorded(500);
    fs::remove_file(place.path("log/manifest")).unwrap();
    let ended = run_with(&["record", "--resume", &place.log()], &input(500));
    ended.refused(1, &["manifest", "repair"]);
    run(&["repair", &place.log()]).good();
    assert_eq!(run(&["cat", &place.log()]).good().as_bytes(), input(500));
}
