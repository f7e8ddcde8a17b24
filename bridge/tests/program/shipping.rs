//! Lines go in at one end, and come out at the others.

use broadring_log::LogReader;

use crate::running::{Place, acknowledged, lines};

#[test]
fn a_file_comes_out_as_it_went_in() {
    let Some(place) = Place::new() else { return };
    let text = lines(0..5000);
    let (file, ack) = (place.file("file", &text), place.named("ack"));
    let options = ["--create", "--file", &*file, "--ack", &*ack, "--name", "here"];
    let shipped = place.run("ship", &options);
    assert!(shipped.err.contains("here writes lines from event 0 on, in epoch "), "{shipped:?}");
    assert!(shipped.err.contains("everything before event 5000 is in the stream"), "{shipped:?}");
    assert_eq!(acknowledged(&ack), 5000);
    assert_eq!(shipped.good(), "");
    assert_eq!(place.mirrored(), text);
}

#[test]
fn the_digest_of_a_mirror_is_that_of_the_writer() {
    let Some(place) = Place::new() else { return };
    let shipped = place.ship(&lines(0..1000), &[]);
    let (_, digest) = shipped.err.rsplit_once("acknowledged: ").expect("it says a digest");
    assert!(digest.trim().ends_with(" of 1000 events"), "{digest}");
    let mirrored = place.run("mirror", &["--until-resigned", "--digest"]).good();
    assert_eq!(mirrored.trim(), digest.trim());
    let log = place.named("log");
    let copied = place.run("mirror", &["--until-resigned", "--digest", "--log", &log]).good();
    assert_eq!(copied.trim(), digest.trim());
}

#[test]
fn a_mirror_begins_where_it_is_told_to() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100), &[]).good();
    let options = ["--until-resigned", "--from", "90"];
    assert_eq!(place.run("mirror", &options).good(), lines(90..100));
    let refused = place.run("mirror", &["--until-resigned", "--from", "101"]);
    refused.refused(1, &["101", "100"]);
}

#[test]
fn the_last_line_may_have_no_end() {
    let Some(place) = Place::new() else { return };
    place.ship("one\n\nthree", &[]).good();
    assert_eq!(place.mirrored(), "one\n\nthree\n");
}

#[test]
fn the_same_input_goes_on_where_it_was() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100), &[]).good();
    place.ship(&lines(0..250), &["--resume"]).good();
    // Nothing is left to ship.
    place.ship(&lines(0..250), &["--resume"]).good();
    assert_eq!(place.mirrored(), lines(0..250));
    let refused = place.ship(&lines(0..10), &["--resume", "--quiet"]);
    refused.refused(2, &["the stream has 250 lines, and the input only 10"]);
}

#[test]
fn a_log_that_is_a_copy_goes_on_where_it_was() {
    let Some(place) = Place::new() else { return };
    let log = place.named("log");
    let copy = || {
        place.run("mirror", &["--until-resigned", "--quiet", "--log", &log]).good();
        let reader = LogReader::open(&log).unwrap();
        let mut frames = reader.from(0).unwrap();
        let mut text = String::new();
        while let Some(frame) = frames.next_frame().unwrap() {
            for (_, line) in frame.records() {
                text.push_str(core::str::from_utf8(line).unwrap());
                text.push('\n');
            }
        }
        text
    };
    place.ship(&lines(0..100), &[]).good();
    assert_eq!(copy(), lines(0..100));
    place.ship(&lines(100..200), &[]).good();
    assert_eq!(copy(), lines(0..200));
}

#[test]
fn a_log_is_shipped_with_its_identity() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100), &["--stream", "other"]).good();
    let log = place.named("log");
    place.run("mirror", &["--stream", "other", "--until-resigned", "--log", &log]).good();
    place.run("ship", &["--create", "--log", &log]).good();
    assert_eq!(place.mirrored(), lines(0..100));
    let identity = |stream: &str| {
        let status = place.run("status", &["--json", "--stream", stream]).good();
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        status["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(identity("lines"), identity("other"));
}
