//! A mirror: wherever it begins, and however small its ring is, the ring has exactly the events of the stream from there
//! on, under their sequences.

#![cfg(feature = "servers")]

mod common;

use std::thread;
use std::time::Duration;

use broadring::Ring;
use broadring_jetstream::protocol::LEAP;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{
    Leadership, Mirror, MirrorEnd, MirrorError, Shipper, Stream, StreamOptions, Window,
};
use broadring_log::codec::{Bytes, Postcard};
use broadring_log::{Journal, Log};

use common::raw::{Raw, claim, frame};
use common::rings::{Digest, digest, event, read};
use common::{PATIENCE, connect, options, servers, wait_until};

fn codec() -> Postcard<u64> {
    Postcard::new(0)
}

/// Adds the events up to a sequence, in frames of so many, and gives the stream back.
fn ship(stream: &Stream, end: u64, events_of_frame: usize) {
    let leadership = stream.candidate("a").campaign().unwrap();
    ship_with(leadership, end, events_of_frame);
}

fn ship_with(leadership: Leadership, end: u64, events_of_frame: usize) {
    let first = leadership.next_sequence();
    let (mut writer, ring) = Ring::builder(4096).first_sequence(first).build(|| 0_u64);
    let window = Window::default().events_of_frame(events_of_frame);
    let shipper = Shipper::builder(leadership, codec()).window(window).start(&ring).unwrap();
    for sequence in first.into()..end {
        writer.publish(event(sequence));
    }
    drop(writer);
    assert_eq!(u64::from(shipper.join().unwrap()), end);
}

/// Mirrors a stream from an event on, into a ring of this capacity, until it is given back.
fn mirrored(servers: &Servers, name: &str, first: u64, capacity: usize) -> Digest {
    let (writer, ring) = Ring::builder(capacity).first_sequence(first).build(|| 0_u64);
    let digest = digest(&ring);
    let stream = connect(&options(servers, name));
    let mirror = stream.mirror(codec()).until_resigned(true).start(writer);
    assert_eq!(mirror.join().unwrap(), MirrorEnd::Resigned);
    digest.join().unwrap()
}

/// Starts a mirror from an event on that has to fail.
fn failure(options: &StreamOptions, first: u64) -> MirrorError {
    let (writer, ring) = Ring::builder(64).first_sequence(first).build(|| 0_u64);
    let reading = read(&ring);
    let error = connect(options).mirror(codec()).start(writer).join().unwrap_err();
    assert_eq!(reading.events(), []);
    error
}

#[test]
fn a_mirror_begins_with_any_event_also_in_the_middle_of_a_frame() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    // Frames of several lengths, and claims and resignations between them.
    for (end, events) in [(7, 3), (7, 1), (20, 10), (21, 1), (40, 4)] {
        ship(&stream, end, events);
    }
    for first in 0..=40 {
        assert_eq!(mirrored(&servers, "s", first, 16), Digest::of(first..40), "from {first}");
    }
    let error = failure(&options(&servers, "s"), 41);
    assert!(matches!(
        error,
        MirrorError::Ahead { requested, next } if requested == 41.into() && next == 40.into()
    ));
    assert_eq!((stream.oldest().unwrap(), stream.next_sequence().unwrap()), (0.into(), 40.into()));
}

#[test]
fn a_mirror_waits_at_the_end_for_what_is_to_come() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    // Once before anybody has claimed the stream, and twice at its end.
    for (first, end) in [(0, 100), (100, 200), (200, 1000)] {
        assert_eq!(u64::from(stream.next_sequence().unwrap()), first);
        let (writer, ring) = Ring::builder(64).first_sequence(first).build(|| 0_u64);
        let digest = digest(&ring);
        let mirror = stream.mirror(codec()).patience(Duration::from_millis(100)).start(writer);
        // Long enough to ask, more than once, whether there is nothing indeed.
        thread::sleep(Duration::from_millis(500));
        assert_eq!((mirror.failure().is_none(), mirror.is_finished()), (true, false));
        assert_eq!(mirror.stats().stalled, None);
        ship(&stream, end, 10);
        wait_until("everything has come", || mirror.next_sequence() == end.into());
        mirror.stop();
        assert_eq!(mirror.join().unwrap(), MirrorEnd::Stopped);
        assert_eq!(digest.join().unwrap(), Digest::of(first..end));
    }
}

#[test]
fn a_mirror_that_is_ahead_of_a_stream_that_begins_anew_has_none_of_its_events() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let (writer, ring) = Ring::builder(64).first_sequence(50).build(|| 0_u64);
    let reading = read(&ring);
    let mirror = stream.mirror(codec()).start(writer);
    // It has found the stream empty.
    wait_until("it reads", || !stream.status().unwrap().mirrors.is_empty());
    ship(&stream, 100, 100);
    let error = mirror.join().unwrap_err();
    assert!(matches!(
        error,
        MirrorError::Ahead { requested, next } if requested == 50.into() && next == 0.into()
    ));
    assert_eq!(reading.events(), []);
}

#[test]
fn a_stream_may_begin_with_any_event() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let first = 1_u64 << 61;
    let leadership = stream.candidate("a").first_sequence(first).claim().unwrap();
    assert_eq!(u64::from(leadership.next_sequence()), first);
    ship_with(leadership, first + 1000, 100);
    assert_eq!(u64::from(stream.oldest().unwrap()), first);
    assert_eq!(mirrored(&servers, "s", first, 64), Digest::of(first..first + 1000));
    let error = failure(&options(&servers, "s"), first - 1);
    assert!(matches!(
        error,
        MirrorError::Removed { requested, oldest }
            if u64::from(requested) == first - 1 && u64::from(oldest) == first
    ));
}

#[test]
fn events_that_were_removed_are_an_error_that_names_the_oldest_one() {
    let Some(servers) = servers(1) else { return };
    let options = options(&servers, "s").max_bytes(20_000);
    let stream = connect(&options);
    ship(&stream, 10_000, 10);
    let oldest = u64::from(stream.oldest().unwrap());
    assert!(oldest > 1000 && oldest < 10_000, "{oldest}");
    assert_eq!(stream.status().unwrap().oldest, oldest);
    for first in [0, 1, oldest - 1] {
        let error = failure(&options, first);
        assert!(
            matches!(
                error,
                MirrorError::Removed { requested, oldest: found }
                    if u64::from(requested) == first && u64::from(found) == oldest
            ),
            "{error}"
        );
    }
    assert_eq!(mirrored(&servers, "s", oldest, 64), Digest::of(oldest..10_000));
}

#[test]
fn a_mirror_that_is_overtaken_by_the_removal_says_so() {
    let Some(servers) = servers(1) else { return };
    let options = options(&servers, "s").max_bytes(200_000);
    let stream = connect(&options);
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = Ring::builder(256).build(|| 0_u64);
    let window = Window::default().events_of_frame(10);
    let shipper = Shipper::builder(leadership, codec()).window(window).start(&ring).unwrap();
    let (mirror_writer, mirror_ring) = Ring::builder(16).build(|| 0_u64);
    // A reader that does not read.
    let mut reader = mirror_ring.subscribe().unwrap();
    let mirror = stream.mirror(codec()).start(mirror_writer);
    for sequence in 0..50_000 {
        writer.publish(event(sequence));
    }
    drop(writer);
    shipper.join().unwrap();
    let oldest = u64::from(stream.oldest().unwrap());
    assert!(oldest > 10_000);
    // It goes on with what was sent to it before.
    let mut next = 0;
    let end = reader.run(|&found, sequence, _| {
        assert_eq!((u64::from(sequence), found), (next, event(next)));
        next += 1;
    });
    assert_eq!(end, broadring::End::Closed);
    let error = mirror.join().unwrap_err();
    assert!(
        matches!(
            error,
            MirrorError::Removed { requested, oldest: found }
                if u64::from(requested) == next && u64::from(found) > next && u64::from(found) <= oldest
        ),
        "{error}"
    );
}

#[test]
fn a_mirror_goes_on_where_a_log_ends() {
    let Some(servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let stream = connect(&options(&servers, "s"));
    let mut end = 0;
    for round in 0..4 {
        end += 500;
        ship(&stream, end, 30);
        // The log that is a copy of the stream has the same identity.
        let id = stream.id().unwrap().unwrap();
        let log = Log::options().id(id).open(directory.path()).unwrap();
        assert_eq!(log.id(), id);
        let first = log.next_sequence();
        let (writer, ring) = Ring::builder(64).first_sequence(first).build(|| 0_u64);
        let journal = Journal::builder(log, codec()).start(&ring).unwrap();
        let mirror = stream.mirror(codec()).until_resigned(round % 2 == 0).start(writer);
        if round % 2 == 1 {
            // Wherever it is just now: perhaps in the middle.
            wait_until("something has come", || mirror.next_sequence() > first);
            mirror.stop();
        }
        mirror.join().unwrap();
        journal.join().unwrap().close().unwrap();
    }
    let log = Log::open(directory.path()).unwrap();
    let (writer, ring) = Ring::builder(64).first_sequence(log.next_sequence()).build(|| 0_u64);
    let reader = log.reader();
    let journal = Journal::builder(log, codec()).start(&ring).unwrap();
    stream.mirror(codec()).until_resigned(true).start(writer).join().unwrap();
    journal.join().unwrap().close().unwrap();
    let (mut digest, mut frames) = (Digest::default(), reader.from(0).unwrap());
    while let Some(frame) = frames.next_frame().unwrap() {
        for decoded in frame.decode(&codec()) {
            let (sequence, event) = decoded.unwrap();
            digest.add(sequence.into(), event);
        }
    }
    assert_eq!(digest, Digest::of(0..end));
}

#[test]
fn all_mirrors_have_the_same_and_a_slow_one_holds_only_itself_back() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = Ring::builder(1024).build(|| 0_u64);
    let shipper = Shipper::builder(leadership, codec()).start(&ring).unwrap();
    let start = |name: &str| {
        let (writer, ring) = Ring::builder(128).build(|| 0_u64);
        let stream = connect(&options(&servers, "s"));
        (ring, stream.mirror(codec()).name(name).until_resigned(true), writer)
    };
    let quick: Vec<_> = ["one", "two", "three"]
        .map(|name| {
            let (ring, mirror, writer) = start(name);
            (digest(&ring), mirror.start(writer))
        })
        .into();
    let (slow_ring, mirror, slow_writer) = start("slow");
    let mut slow_reader = slow_ring.subscribe().unwrap();
    let slow: Mirror = mirror.start(slow_writer);
    for sequence in 0..30_000 {
        writer.publish(event(sequence));
    }
    assert!(shipper.wait_acknowledged(30_000, PATIENCE));
    for (_, mirror) in &quick {
        wait_until("the quick ones have it", || mirror.next_sequence() == 30_000.into());
    }
    // As much as its ring has room for, and not one more.
    wait_until("the slow one is full", || slow_ring.cursor() == 128.into());
    let mut names: Vec<_> = stream.status().unwrap().mirrors;
    names.dedup_by(|one, other| one.name == other.name);
    let names: Vec<_> = names.iter().map(|mirror| &*mirror.name).collect();
    assert_eq!(names, ["one", "slow", "three", "two"]);
    drop(writer);
    shipper.join().unwrap();
    for (digest, mirror) in quick {
        assert_eq!(mirror.join().unwrap(), MirrorEnd::Resigned);
        assert_eq!(digest.join().unwrap(), Digest::of(0..30_000));
    }
    assert_eq!(slow_ring.cursor(), 128.into());
    let mut digest = Digest::default();
    slow_reader.run(|&event, sequence, _| digest.add(sequence.into(), event));
    assert_eq!(slow.join().unwrap(), MirrorEnd::Resigned);
    assert_eq!(digest, Digest::of(0..30_000));
}

#[test]
fn rings_of_any_size_will_do() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    ship(&stream, 5000, 700);
    for capacity in [1, 2, 4, 1024, 8192] {
        assert_eq!(mirrored(&servers, "s", 0, capacity), Digest::of(0..5000), "{capacity}");
    }
}

#[test]
fn a_stream_without_events_is_mirrored_too() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    for _ in 0..3 {
        ship(&stream, 0, 1);
        assert_eq!(mirrored(&servers, "s", 0, 1), Digest::default());
    }
    let status = stream.status().unwrap();
    assert_eq!(
        (status.epoch, status.next, status.messages, status.resigned),
        (3, 0, 3 * (LEAP + 1), true)
    );
}

#[test]
fn empty_and_large_events_arrive_as_they_are() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = Ring::builder(16).build(Vec::new);
    let shipper = Shipper::builder(leadership, Bytes).start(&ring).unwrap();
    let sizes = [0, 1, 0, 300_000, 0, 1_000_000, 700_000, 700_000, 7];
    let events: Vec<_> = (0..).zip(sizes).map(|(at, size)| (at, vec![at as u8; size])).collect();
    for (_, event) in &events {
        writer.publish(event.clone());
    }
    drop(writer);
    shipper.join().unwrap();
    let (writer, ring) = Ring::builder(2).build(Vec::new);
    let reading = read(&ring);
    stream.mirror(Bytes).until_resigned(true).start(writer).join().unwrap();
    assert!(reading.events() == events);
}

#[test]
fn a_mirror_that_goes_no_further_than_a_resignation_does_not_end_before_the_last_one() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    for end in [10, 20, 30] {
        ship(&stream, end, 4);
    }
    // One that goes on with the next writer is at the end and waits.
    let (writer, ring) = Ring::builder(8).build(|| 0_u64);
    let digests = digest(&ring);
    let patient = stream.mirror(codec()).start(writer);
    assert_eq!(mirrored(&servers, "s", 0, 8), Digest::of(0..30));
    wait_until("it has all", || patient.next_sequence() == 30.into());
    ship(&stream, 40, 4);
    wait_until("it has all", || patient.next_sequence() == 40.into());
    assert_eq!(patient.stats().epoch, 4);
    patient.stop();
    assert_eq!(patient.join().unwrap(), MirrorEnd::Stopped);
    assert_eq!(digests.join().unwrap(), Digest::of(0..40));
}

#[test]
fn a_mirror_is_stopped_while_its_ring_is_full() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    ship(&stream, 100, 100);
    let (writer, ring) = Ring::builder(4).build(|| 0_u64);
    let mut reader = ring.subscribe().unwrap();
    let mirror = stream.mirror(codec()).start(writer);
    wait_until("its ring is full", || ring.cursor() == 4.into());
    mirror.stop();
    assert_eq!(mirror.join().unwrap(), MirrorEnd::Stopped);
    let mut digest = Digest::default();
    assert_eq!(
        reader.run(|&event, sequence, _| digest.add(sequence.into(), event)),
        broadring::End::Closed
    );
    assert_eq!(digest, Digest::of(0..4));
}

#[test]
fn a_mirror_gives_up_when_it_is_told_to_and_waits_otherwise() {
    let Some(mut servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s").timeout(Duration::from_millis(500)));
    ship(&stream, 100, 10);
    let start = |limit: Option<Duration>| {
        let (writer, ring) = Ring::builder(64).build(|| 0_u64);
        let mirror = stream.mirror(codec()).patience(Duration::from_millis(200));
        let mirror = match limit {
            Some(limit) => mirror.give_up_after(limit),
            None => mirror,
        };
        (digest(&ring), mirror.start(writer))
    };
    let (impatient_digest, impatient) = start(Some(Duration::from_secs(2)));
    let (patient_digest, patient) = start(None);
    for mirror in [&impatient, &patient] {
        wait_until("it has all", || mirror.next_sequence() == 100.into());
    }
    servers.kill(0).unwrap();
    let error = impatient.join().unwrap_err();
    assert!(matches!(error, MirrorError::Stalled(since) if since >= Duration::from_secs(2)));
    assert_eq!(impatient_digest.join().unwrap(), Digest::of(0..100));
    // Another one that never had a server.
    let (never_digest, never) = start(Some(Duration::from_secs(1)));
    assert!(matches!(never.join(), Err(MirrorError::Stalled(_))));
    assert_eq!(never_digest.join().unwrap(), Digest::default());
    wait_until("the patient one says so", || patient.stats().stalled.is_some());
    assert!(patient.failure().is_none());
    servers.restart(0).unwrap();
    ship(&stream, 200, 10);
    wait_until("it goes on", || patient.next_sequence() == 200.into());
    wait_until("it says so", || patient.stats().stalled.is_none());
    assert!(patient.stats().restarts > 0);
    patient.stop();
    patient.join().unwrap();
    assert_eq!(patient_digest.join().unwrap(), Digest::of(0..200));
}

#[test]
fn a_mirror_ends_when_its_codec_panics() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let id = broadring_log::LogId::from_bytes(*b"the right stream");
    let raw = Raw::new(&servers);
    raw.publish("s", &claim(id, 1, 0));
    raw.publish("s", &frame(id, 1, 0, &Postcard::new(0), [1_u64, 2]));
    let panics = broadring_log::codec::Postcard::<Panics>::new(0);
    let (writer, ring) = Ring::builder(4).build(|| Panics);
    let mut reader = ring.subscribe().unwrap();
    let mirror = stream.mirror(panics).start(writer);
    assert!(matches!(mirror.join(), Err(MirrorError::Panicked)));
    assert_eq!(reader.recv().map(drop), Err(broadring::End::Closed));
}

/// Cannot be read.
#[derive(Clone)]
struct Panics;

impl serde::Serialize for Panics {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(0)
    }
}

impl<'de> serde::Deserialize<'de> for Panics {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("somebody panics")
    }
}
