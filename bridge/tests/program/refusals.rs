//! What cannot be done is said in one line, with what to do about it, and the exit code tells the rest.

use std::fs;

use broadring_jetstream::servers::Servers;

use crate::running::{Place, STREAM, lines, program};

/// What was asked for cannot be done.
const REFUSED: i32 = 2;

#[test]
fn a_server_that_is_not_there_is_named() {
    // Nothing listens on this port of this machine.
    let arguments = ["--server", "nats://somebody:secret@127.0.0.1:1", "--stream", STREAM];
    for command in ["ship", "mirror", "status"] {
        let ended = program(&[&[command], &arguments[..]].concat()).output().unwrap();
        let ended = crate::running::Ended::from(ended);
        ended.refused(REFUSED, &["127.0.0.1:1"]);
        assert!(!ended.err.contains("secret"), "{ended:?}");
    }
}

#[test]
fn a_stream_that_is_not_there_is_not_made_unasked() {
    let Some(place) = Place::new() else { return };
    for command in ["ship", "mirror", "status"] {
        let ended = place.run(command, &["--connect-for", "0"]);
        ended.refused(REFUSED, &[STREAM, "--create"]);
    }
}

#[test]
fn a_stream_that_is_not_safe_is_refused() {
    let Some(place) = Place::new() else { return };
    make_unsafe(&place.servers);
    for command in ["ship", "mirror", "status"] {
        place.run(command, &[]).refused(REFUSED, &["deny_delete", "deny_purge", "--allow-unsafe"]);
    }
    place.ship(&lines(0..10), &["--allow-unsafe"]).good();
    let mirrored = place.run("mirror", &["--allow-unsafe", "--until-resigned"]).good();
    assert_eq!(mirrored, lines(0..10));
}

/// Makes a stream from which anybody may remove messages.
fn make_unsafe(servers: &Servers) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(servers.urls().remove(0)).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let config = async_nats::jetstream::stream::Config {
            name: STREAM.to_owned(),
            subjects: vec![format!("broadring.{STREAM}.>")],
            allow_atomic_publish: true,
            ..Default::default()
        };
        context.create_stream(config).await.unwrap();
    });
}

#[test]
fn wrong_credentials_are_refused_and_not_shown() {
    let configuration = "\nauthorization { user: somebody, password: right }\n";
    let Some(place) = Place::with(configuration) else { return };
    let (right, wrong) = (place.file("right", "right\n"), place.file("wrong", "wr0ng\n"));
    let with = |file: &str| {
        let options = ["--user", "somebody", "--password-file", file, "--connect-for", "0"];
        let stream = ["--create"];
        place.run("status", &[&options[..], &stream].concat())
    };
    let ended = with(&wrong);
    ended.refused(REFUSED, &["authorization"]);
    assert!(!ended.err.contains("wr0ng"), "{ended:?}");
    with(&place.named("nowhere")).refused(REFUSED, &["nowhere"]);
    let without = place.run("status", &["--create", "--connect-for", "0"]);
    without.refused(REFUSED, &["authorization"]);
    // The server may not be ready for streams yet.
    crate::running::wait("a stream", || with(&right).code == Some(0));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let Some(place) = Place::new() else { return };
    let nowhere = place.named("nowhere");
    place.run("ship", &["--create", "--file", &nowhere]).refused(REFUSED, &[&nowhere]);
    let folder = place.folder.path().display().to_string();
    place.run("ship", &["--create", "--file", &folder]).refused(REFUSED, &[&folder, "directory"]);
    place.run("ship", &["--create", "--log", &nowhere]).refused(REFUSED, &[&nowhere]);
}

#[test]
fn a_log_of_another_stream_is_refused() {
    let Some(place) = Place::new() else { return };
    let log = place.named("log");
    place.ship(&lines(0..10), &["--stream", "other"]).good();
    place.ship(&lines(0..10), &[]).good();
    let options = ["--until-resigned", "--quiet", "--log", &*log];
    place.run("mirror", &[&options[..], &["--stream", "other"]].concat()).good();
    place.run("mirror", &options).refused(REFUSED, &[&log]);
    place.run("ship", &["--log", &log]).refused(REFUSED, &["it is the stream"]);
    assert_eq!(place.mirrored(), lines(0..10));
}

#[test]
fn more_copies_than_servers_are_refused() {
    let Some(place) = Place::new() else { return };
    // The server may not be ready for streams yet.
    crate::running::wait("a stream", || place.run("status", &["--create"]).code == Some(0));
    let options = ["--create", "--stream", "other", "--replicas", "3", "--connect-for", "0"];
    place.run("status", &options).refused(REFUSED, &["--replicas"]);
}

#[test]
fn a_name_that_no_stream_can_have_is_refused() {
    let Some(place) = Place::new() else { return };
    place.run("status", &["--stream", "a.b"]).refused(REFUSED, &["a.b"]);
}

#[test]
fn an_event_that_is_too_long_for_the_servers_is_refused() {
    let Some(place) = Place::new() else { return };
    let long = "x".repeat(2 << 20);
    let file = place.file("long", &format!("short\n{long}\n"));
    let ended = place.run("ship", &["--create", "--quiet", "--file", &file]);
    ended.refused(REFUSED, &["bytes, and the servers take"]);
    // What was before it is there, and the writer is taken to be gone after a while.
    let next = place.ship("next\n", &["--patience", "0.2"]);
    next.good();
    let mirrored = place.mirrored();
    assert!(["next\n", "short\nnext\n"].contains(&&*mirrored), "{mirrored}");
    fs::remove_file(file).unwrap();
}
