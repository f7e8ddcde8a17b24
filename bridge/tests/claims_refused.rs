//! Streams that nobody can claim: whoever tries is told why, and does not wait for ever.

#![cfg(feature = "servers")]

use std::thread;
use std::time::{Duration, Instant};

use broadring_jetstream::protocol::LEAP;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{ClaimError, RequestError, Storage, StreamOptions};

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
    let servers = Servers::start(1).expect("a server");
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
    let servers = Servers::builder(1).configuration(users).start().expect("a server");
    let stream = options(&servers).password("reader", "secret").connect().expect("a stream");
    let error = stream.candidate("reader").claim().expect_err("it may not");
    assert!(matches!(error, ClaimError::Request(RequestError::Unanswered(_))), "{error}");
    // It was not claimed.
    assert_eq!(stream.status().expect("it may look").epoch, 0);
}
