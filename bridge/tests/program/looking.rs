//! What `status` shows.

use crate::running::{Place, STREAM, lines};

#[test]
fn status_shows_the_stream() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100), &["--name", "somebody"]).good();
    let status = place.run("status", &[]).good();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.split_whitespace().next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in {status}"));
        line[name.len()..].trim().to_owned()
    };
    assert_eq!(value("stream"), STREAM);
    assert_eq!(value("events"), "0 to 100");
    assert_eq!(value("writer"), "none; somebody has given it back");
    assert_eq!(value("identity").len(), 32);
}

#[test]
fn status_is_an_object_for_programs() {
    let Some(place) = Place::new() else { return };
    place.ship(&lines(0..100), &["--name", "somebody", "--no-resign"]).good();
    let status = place.run("status", &["--json"]).good();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["name"], STREAM);
    assert_eq!((&status["oldest"], &status["next"]), (&0.into(), &100.into()));
    assert_eq!(status["writer"], "somebody");
    assert_eq!(status["resigned"], false);
    assert!(status["epoch"].as_u64().unwrap() > 0);
}

#[test]
fn status_shows_a_stream_that_nobody_has_written() {
    let Some(place) = Place::new() else { return };
    let status = place.run("status", &["--create"]).good();
    assert!(status.contains("none yet"), "{status}");
    assert!(status.contains("0 to 0"), "{status}");
}
