//! What cannot be done is refused with one line that says what to do, and with an exit code.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;

use crate::program::{Ended, Place, program, run, run_with};

/// What looks at a log that is there.
const LOOKING: [&str; 5] = ["cat", "info", "verify", "repair", "replay"];

#[test]
fn a_directory_that_is_not_there_is_refused() {
    for command in LOOKING {
        run(&[command, "/nowhere/at/all"]).refused(2, &["no directory /nowhere/at/all", "record"]);
    }
}

#[test]
fn what_is_no_log_is_refused_and_not_changed() {
    let place = Place::new();
    fs::create_dir(place.path("log")).unwrap();
    fs::write(place.path("log/letter"), "Dear").unwrap();
    for command in LOOKING {
        run(&[command, &place.log()]).refused(2, &["is not a log", "check the path"]);
    }
    run_with(&["record", &place.log()], b"line\n").refused(2, &["is not a log", "empty directory"]);
    run(&["cat", &place.argument("log/letter")]).refused(2, &["is not a log"]);
    let names: Vec<_> = fs::read_dir(place.path("log")).unwrap().collect();
    // The lock may have been made.
    assert!(names.len() <= 2, "{names:?}");
}

#[test]
fn a_newer_format_is_refused() {
    let place = Place::recorded(10);
    let path = place.path("log/manifest");
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 2;
    bytes[12..16].fill(0);
    let checksum = crc32c::crc32c(&bytes);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    for command in LOOKING {
        run(&[command, &place.log()]).refused(2, &["manifest", "version 2", "newer"]);
    }
    run_with(&["record", "--resume", &place.log()], b"").refused(2, &["version 2", "newer"]);
}

#[test]
fn what_this_user_may_not_do_is_refused() {
    let place = Place::recorded(10);
    let command = |arguments: &[&str]| {
        let mut command = program(arguments);
        if place.0.path().metadata().unwrap().uid() == 0 {
            // Root may do everything, so it is done by somebody else.
            command.uid(65534).gid(65534);
        }
        Ended::from(command.output().unwrap())
    };
    let set = |path: &str, mode| {
        fs::set_permissions(place.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    set(".", 0o755);
    fs::write(place.path("input"), "line\n").unwrap();
    set("input", 0o644);
    set("log", 0o000);
    for looking in LOOKING {
        command(&[looking, &place.log()]).refused(2, &["ermission", "run it as the user"]);
    }
    // It may look, and not write.
    set("log", 0o555);
    for entry in fs::read_dir(place.path("log")).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o444)).unwrap();
    }
    assert_eq!(command(&["cat", &place.log()]).good().lines().count(), 10);
    command(&["verify", &place.log()]).good();
    command(&["record", "--file", &place.argument("input"), &place.log(), "--resume"])
        .refused(2, &["ermission", "run it as the user"]);
    command(&["record", "--file", &place.argument("input"), &place.argument("new")])
        .refused(2, &["ermission", "run it as the user"]);
    set("log", 0o755);
}

/// Records 100,000 lines where a file may get no longer than so much, which to a program looks much as if the disk were
/// full.
fn recorded_on_a_full_disk(place: &Place, on_failure: &str) -> Ended {
    let script = format!(
        "trap '' XFSZ; ulimit -f 40; yes | head -n 100000 | '{}' record '{}' --on-failure {on_failure}",
        env!("CARGO_BIN_EXE_broadring-log"),
        place.log()
    );
    std::process::Command::new("bash").args(["-c", &script]).output().unwrap().into()
}

#[test]
fn what_was_not_recorded_is_no_success_whatever_happens_then() {
    for on_failure in ["leave", "memory=10ms,1MB", "memory=200ms,1GB"] {
        let place = Place::new();
        let ended = recorded_on_a_full_disk(&place, on_failure);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains("has stopped"), "{ended:?}");
        run(&["verify", &place.log()]).good();
    }
}

#[test]
fn a_full_disk_is_refused_with_what_to_do() {
    let place = Place::new();
    let ended = recorded_on_a_full_disk(&place, "stop");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for word in ["has stopped", "free some space", "--resume"] {
        assert!(ended.err.contains(word), "{ended:?}");
    }
    // What was acknowledged is there, and it goes on.
    run(&["verify", &place.log()]).good();
    let all = "y\n".repeat(100_000);
    run_with(&["record", "--resume", &place.log()], all.as_bytes()).good();
    assert_eq!(run(&["cat", &place.log()]).good(), all);
}

#[test]
fn the_help_has_the_exit_codes() {
    let help = run(&["--help"]).good();
    assert!(help.contains("Exit codes"), "{help}");
    for command in ["record", "cat", "info", "verify", "repair", "replay", "bench"] {
        assert!(run(&[command, "--help"]).good().contains("Usage"));
    }
}
