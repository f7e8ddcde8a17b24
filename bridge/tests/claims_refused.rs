//! Streams that nobody can claim: whoever tries is told why, and does not wait for ever.

#![cfg(feature = "servers")]

mod common;

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use broadring_jetstream::protocol::LEAP;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{ClaimError, RequestError, Storage, StreamOptions};
use broadring_log::FrameBuilder;
use broadring_log::codec::Bytes;
use broadring_order::clock::Hlc;

use common::raw::{Message, Raw};
use common::{servers, servers_with};

const SECOND: Duration = Duration::from_secs(1);

fn options(servers: &Servers) -> StreamOptions {
    StreamOptions::new("claims")
        .servers(servers.urls())
        .create(true)
        .replicas(1)
        .storage(Storage::Memory)
        .timeout(SECOND / 2)
        .duplicate_window(SECOND)
}

#[test]
fn a_stream_whose_messages_were_all_removed() {
    let Some(servers) = servers(1) else { return };
    let stream = options(&servers).max_age(SECOND).connect().expect("a stream");
    drop(stream.candidate("first").claim().expect("it is new"));
    let until = Instant::now() + SECOND * 60;
    while !matches!(stream.next_sequence(), Err(RequestError::Emptied { messages: LEAP })) {
        assert!(Instant::now() < until, "the claim is still there");
        thread::sleep(SECOND / 10);
    }
    for claimed in [stream.candidate("second").claim(), stream.candidate("third").campaign()] {
        let emptied = RequestError::Emptied { messages: LEAP };
        let error = claimed.expect_err("nobody can tell how it goes on");
        assert!(
            matches!(&error, ClaimError::Request(found) if found.to_string() == emptied.to_string())
        );
    }
}

#[test]
fn a_stream_that_one_may_not_write() {
    let users = r#"authorization { users = [
        { user: "reader", password: "secret", permissions: { publish: ["$JS.API.>"] } }
    ] }"#;
    let Some(servers) = servers_with(Servers::builder(1).configuration(users)) else { return };
    let stream = options(&servers).password("reader", "secret").connect().expect("a stream");
    let error = stream.candidate("reader").claim().expect_err("it may not");
    assert!(matches!(error, ClaimError::Request(RequestError::Unanswered(_))), "{error}");
    // It was not claimed.
    assert_eq!(stream.status().expect("it may look").epoch, 0);
}

#[test]
fn a_stream_whose_writer_had_a_clock_far_ahead() {
    let Some(servers) = servers(1) else { return };
    let stream = options(&servers).connect().expect("a stream");
    drop(stream.candidate("first").claim().expect("it is new"));
    let id = stream.id().expect("it answers").expect("it is claimed");
    // What a writer sends whose clock is a day ahead.
    let tomorrow =
        SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past") + SECOND * 86_400;
    let mut frames = FrameBuilder::new(id, 0, 1);
    frames.push(&Bytes, &b"an event".to_vec()).expect("it has room");
    let frame = frames.finish(Hlc::stamp_at(tomorrow).get()).expect("it has an event");
    let message = Message {
        subject: "frames",
        id: Some("1:0".to_owned()),
        payload: [&id.to_bytes()[..], &frame].concat(),
    };
    Raw::new(&servers).publish("claims", &message);
    let error = stream.candidate("second").claim().expect_err("it cannot follow that clock");
    assert!(matches!(error, ClaimError::Clock(_)), "{error}");
    assert_eq!(stream.status().expect("it answers").epoch, 1);
}
