//! How it ends before its input does: asked to, deposed, or because nobody reads any more.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::running::{Place, acknowledged, lines, wait, wait_end};

fn terminate(child: &Child) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), Signal::TERM).unwrap();
}

/// Starts a writer, gives it a hundred lines, and leaves its input open.
fn start_writer(place: &Place, options: &[&str]) -> Child {
    let options = [&["--create", "--quiet"], options].concat();
    let mut child = place.command("ship", &options).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(lines(0..100).as_bytes()).unwrap();
    child
}

#[test]
fn a_writer_that_is_asked_to_end_ends_with_everything_acknowledged() {
    let Some(place) = Place::new() else { return };
    let ack = place.named("ack");
    let writer = start_writer(&place, &["--ack", &ack]);
    wait("an acknowledgement", || acknowledged(&ack) > 0);
    terminate(&writer);
    wait_end(writer).good();
    let told = acknowledged(&ack);
    assert_eq!(place.mirrored(), lines(0..told));
}

#[test]
fn a_mirror_that_is_asked_to_end_ends_well() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100), &[]).good();
    let mut mirror = place.command("mirror", &["--quiet"]).spawn().unwrap();
    let mut out = BufReader::new(mirror.stdout.take().unwrap());
    let mut text = String::new();
    while text.lines().count() < 100 {
        assert_ne!(out.read_line(&mut text).unwrap(), 0, "it has ended: {text}");
    }
    terminate(&mirror);
    let ended = wait_end(mirror);
    assert_eq!(ended.err, "");
    ended.good();
    assert_eq!(text, lines(0..100));
}

#[test]
fn a_writer_that_waits_for_another_one_ends_when_it_is_asked_to() {
    let Some(place) = Place::new() else { return };
    let ack = place.named("ack");
    let writer = start_writer(&place, &["--ack", &ack]);
    wait("an acknowledgement", || acknowledged(&ack) == 100);
    let standby = place.command("ship", &["--quiet", "--name", "standby"]).spawn().unwrap();
    let mirror = place.command("mirror", &["--quiet", "--from", "next"]).spawn().unwrap();
    wait("a mirror in the status", || {
        place.run("status", &[]).good().contains("mirror lags by 0 messages")
    });
    for child in [standby, mirror] {
        terminate(&child);
        wait_end(child).good();
    }
    terminate(&writer);
    wait_end(writer).good();
    assert_eq!(place.mirrored(), lines(0..100));
}

#[test]
fn a_writer_that_is_deposed_says_so() {
    let Some(place) = Place::new() else { return };
    let ack = place.named("ack");
    let writer = start_writer(&place, &["--ack", &ack]);
    wait("an acknowledgement", || acknowledged(&ack) == 100);
    place.ship(&lines(100..200), &["--take-over", "--name", "other"]).good();
    let deposed = wait_end(writer);
    deposed.refused(3, &["everything before event 100 is there", "has the stream"]);
    assert_eq!(place.mirrored(), lines(0..200));
}

#[test]
fn a_mirror_ends_well_when_nobody_reads_its_output() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100_000), &[]).good();
    let mut mirror = place.command("mirror", &["--quiet"]).spawn().unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(mirror.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    assert_eq!(first, "line 0\n");
    drop(out);
    let ended = wait_end(mirror);
    assert_eq!(ended.err, "");
    ended.good();
}
