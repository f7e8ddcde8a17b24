//! A shipper: what it says is in the stream is there, what it cannot send comes back, and whatever happens to it or to the
//! servers, the stream has each event once and in order.

#![cfg(feature = "servers")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use broadring::{Ring, Writer};
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{
    ClaimError, Leadership, MirrorEnd, OnOutage, ShipError, Shipper, StartError, Stream, Window,
};
use broadring_log::codec::{Bytes, Codec, CodecId, DecodeError, EncodeError, Postcard, SchemaId};
use broadring_log::{Frame, Journal, Log, LogId, LogReader};

use common::raw::Raw;
use common::rings::{Digest, digest, event};
use common::{PATIENCE, connect, options, servers, servers_with, wait_until};

fn codec() -> Postcard<u64> {
    Postcard::new(0)
}

/// A ring that goes on where the stream ends.
fn ring(leadership: &Leadership, capacity: usize) -> (Writer<u64>, Ring<u64>) {
    Ring::builder(capacity).first_sequence(leadership.next_sequence()).build(|| 0)
}

/// Publishes the events up to a sequence.
fn publish(writer: &mut Writer<u64>, end: u64) {
    while u64::from(writer.cursor()) < end {
        let sequence = writer.cursor().into();
        writer.publish(event(sequence));
    }
}

/// Checks that the stream has the events up to a sequence and no others, as mirrors see it.
fn check_mirrored(servers: &Servers, name: &str, end: u64) {
    let (writer, ring) = Ring::builder(1024).build(|| 0_u64);
    let digest = digest(&ring);
    let stream = connect(&options(servers, name));
    let mirror = stream.mirror(codec()).until_resigned(true).start(writer);
    assert_eq!(mirror.join().unwrap(), MirrorEnd::Resigned);
    assert_eq!(digest.join().unwrap(), Digest::of(0..end));
}

/// The frames of a stream: how many events each has, and how many bytes the message has.
fn frames(raw: &Raw, stream: &Stream, name: &str) -> Vec<(u64, usize)> {
    let id = stream.id().unwrap().unwrap();
    let (first, last) = raw.places(name);
    let messages = (first..=last).map(|place| raw.message(name, place));
    let frames = messages.filter(|message| message.subject == "frames");
    let measure =
        |payload: Vec<u8>| (Frame::parse(&payload[16..], id).unwrap().len() as u64, payload.len());
    frames.map(|message| measure(message.payload)).collect()
}

#[test]
fn what_comes_after_a_shipper_is_in_the_stream() {
    let Some(servers) = servers(1) else { return };
    let (stream, other) = (connect(&options(&servers, "s")), connect(&options(&servers, "s")));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = ring(&leadership, 256);
    let shipper = Shipper::builder(leadership, codec()).start(&ring).unwrap();
    let mut after = ring.reader().after(&shipper).unwrap().from_oldest().subscribe().unwrap();
    let writing = thread::spawn(move || publish(&mut writer, 20_000));
    let mut checked = 0;
    let end = after.run(|&found, sequence, _| {
        let sequence = u64::from(sequence);
        assert_eq!(found, event(sequence));
        if sequence % 50 == 0 {
            let next = u64::from(other.next_sequence().unwrap());
            assert!(
                next > sequence,
                "event {sequence} is to be read, and the stream ends at {next}"
            );
            checked += 1;
        }
    });
    assert!(matches!(end, broadring::End::Closed | broadring::End::UpstreamLeft(_)), "{end:?}");
    assert_eq!((checked, u64::from(after.position())), (400, 20_000));
    writing.join().unwrap();
    assert_eq!(u64::from(shipper.join().unwrap()), 20_000);
    check_mirrored(&servers, "s", 20_000);
}

#[test]
fn no_more_is_on_its_way_than_the_window_has_room_for() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let windows = [
        ("frames", Window::default().frames(3).events_of_frame(5), 3, 15),
        ("bytes", Window::default().bytes(1).events_of_frame(5), 1, 5),
        // A frame is full with the event that reaches the limit.
        ("tiny-frames", Window::default().frames(4).bytes_of_frame(1), 4, 4),
        ("zero", Window::default().frames(0).events_of_frame(0), 1, 1),
    ];
    for (name, window, most_frames, most_events) in windows {
        let stream = connect(&options(&servers, name).timeout(Duration::from_secs(30)));
        let leadership = stream.candidate("a").claim().unwrap();
        let (mut writer, ring) = ring(&leadership, 128);
        let shipper = Shipper::builder(leadership, codec()).window(window).start(&ring).unwrap();
        servers.pause(0).unwrap();
        publish(&mut writer, 100);
        // It takes a moment until the server stops.
        wait_until("the window is full, and stays so", || {
            let before = shipper.stats();
            thread::sleep(Duration::from_millis(100));
            before.in_flight == most_frames && shipper.stats() == before
        });
        let stats = shipper.stats();
        let unacknowledged = u64::from(stats.framed) - u64::from(stats.acknowledged);
        assert!(u64::from(stats.acknowledged) < 100, "{name}: {stats:?}");
        assert!((1..=most_events).contains(&unacknowledged), "{name}: {stats:?}");
        servers.resume(0).unwrap();
        drop(writer);
        assert_eq!(u64::from(shipper.join().unwrap()), 100);
        let frames = frames(&raw, &stream, name);
        assert_eq!(frames.iter().map(|frame| frame.0).sum::<u64>(), 100);
        let most = window.events_of_frame as u64;
        assert!(frames.iter().all(|frame| frame.0 <= most), "{name}: {frames:?}");
        check_mirrored(&servers, name, 100);
    }
}

#[test]
fn an_event_that_is_too_large_comes_back() {
    let servers = Servers::builder(1).configuration("max_payload: 65536\n");
    let Some(servers) = servers_with(servers) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = Ring::builder(2).build(Vec::new);
    let shipper = Shipper::builder(leadership, Bytes).start(&ring).unwrap();
    shipper.publish(&mut writer, vec![1; 60_000]).unwrap();
    assert!(shipper.wait_acknowledged(1, PATIENCE));
    shipper.publish(&mut writer, vec![2; 70_000]).unwrap();
    // The ring has room for one event more.
    shipper.publish(&mut writer, vec![3; 10]).unwrap();
    let stopped = shipper.publish(&mut writer, vec![4; 10]).unwrap_err();
    assert!(matches!(
        stopped.failure(),
        ShipError::TooLarge { first, size, most } if u64::from(*first) == 1 && *size > 70_000 && *most < 65_536
    ));
    assert_eq!(stopped.into_inner(), vec![4; 10]);
    assert_eq!(u64::from(stream.next_sequence().unwrap()), 1);
    assert!(!shipper.wait_acknowledged(2, PATIENCE));
    // Whoever lets go of the shipper gets the ring back.
    drop(shipper);
    writer.publish(vec![5]);
}

#[test]
fn an_event_is_too_large_or_it_is_sent_whatever_comes_before_it() {
    let servers = Servers::builder(1).configuration("max_payload: 65536\n");
    let Some(servers) = servers_with(servers) else { return };
    for size in [64_700, 65_000, 65_100, 65_200, 65_300, 65_400, 65_500, 65_536] {
        let name = format!("s{size}");
        let stream = connect(&options(&servers, &name));
        let leadership = stream.candidate("a").claim().unwrap();
        let (mut writer, ring) = Ring::builder(8).build(Vec::new);
        // In the ring before the shipper comes, so that it finds all at once.
        for event in [vec![1; 1000], vec![2; size], vec![3; 1000]] {
            writer.publish(event);
        }
        drop(writer);
        let shipper = Shipper::builder(leadership, Bytes).start(&ring).unwrap();
        match shipper.join() {
            Ok(end) => {
                assert_eq!(u64::from(end), 3);
                assert!(size < 65_200, "{size}");
            }
            Err(ShipError::TooLarge { first, size: found, .. }) => {
                assert_eq!(u64::from(first), 1);
                assert!(size > 65_000 && found > size, "{size} {found}");
            }
            Err(error) => panic!("{size}: {error}"),
        }
    }
}

/// Encodes no number above ten.
struct UpToTen;

impl Codec for UpToTen {
    type Event = u64;
    type View<'a> = u64;

    fn id(&self) -> CodecId {
        CodecId::custom(9)
    }
    fn encode(&self, event: &u64, record: &mut Vec<u8>) -> Result<(), EncodeError> {
        assert!(*event < 1000, "somebody panics");
        if *event > 10 {
            return Err(EncodeError::new("it is above ten"));
        }
        record.push(*event as u8);
        Ok(())
    }
    fn view(&self, _: SchemaId, record: &[u8]) -> Result<u64, DecodeError> {
        Ok(record[0].into())
    }
    fn decode(&self, schema: SchemaId, record: &[u8]) -> Result<u64, DecodeError> {
        self.view(schema, record)
    }
}

#[test]
fn what_cannot_be_encoded_ends_a_shipper() {
    let Some(servers) = servers(1) else { return };
    for (name, bad) in [("error", 11), ("panic", 1000)] {
        let stream = connect(&options(&servers, name));
        let leadership = stream.candidate("a").claim().unwrap();
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let shipper = Shipper::builder(leadership, UpToTen).start(&ring).unwrap();
        writer.publish(9);
        assert!(shipper.wait_acknowledged(1, PATIENCE));
        writer.publish(bad);
        wait_until("the shipper ends", || shipper.is_finished());
        let failure = shipper.failure().unwrap();
        match name {
            "error" => {
                assert!(matches!(failure, ShipError::Encode(_)));
                assert_eq!(
                    failure.to_string(),
                    "event 1: the event cannot be encoded: it is above ten"
                );
            }
            _ => assert!(matches!(failure, ShipError::Panicked)),
        }
        assert_eq!(shipper.stats().failure, Some(failure.to_string()));
        // Three places are free, and nothing will be free after that.
        for event in 2..5 {
            shipper.publish(&mut writer, event).unwrap();
        }
        assert_eq!(shipper.publish(&mut writer, 7).unwrap_err().into_inner(), 7);
        assert_eq!(u64::from(stream.next_sequence().unwrap()), 1);
        assert!(shipper.join().is_err());
    }
}

#[test]
fn a_shipper_that_is_stopped_sends_what_it_has_read_and_frees_the_writer() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = ring(&leadership, 16);
    let shipper = Shipper::builder(leadership, codec()).start(&ring).unwrap();
    publish(&mut writer, 1000);
    assert!(shipper.wait_acknowledged(1000, PATIENCE));
    shipper.stop();
    wait_until("the shipper ends", || shipper.is_finished());
    assert!(shipper.failure().is_none());
    // Nobody holds the writer back now, with or without the handle.
    for number in 0..100 {
        shipper.publish(&mut writer, number).unwrap();
    }
    assert_eq!(u64::from(shipper.join().unwrap()), 1000);
    assert!(stream.status().unwrap().resigned);
    check_mirrored(&servers, "s", 1000);
}

#[test]
fn a_shipper_gives_the_stream_back_unless_it_is_told_not_to() {
    let Some(servers) = servers(1) else { return };
    for resign in [true, false] {
        let name = format!("resign-{resign}");
        let stream = connect(&options(&servers, &name));
        let leadership = stream.candidate("a").claim().unwrap();
        let (mut writer, ring) = ring(&leadership, 16);
        let shipper = Shipper::builder(leadership, codec()).resign(resign).start(&ring).unwrap();
        publish(&mut writer, 50);
        drop(writer);
        assert_eq!(u64::from(shipper.join().unwrap()), 50);
        let status = stream.status().unwrap();
        assert_eq!((status.resigned, status.next, status.epoch), (resign, 50, 1));
        assert_eq!(status.writer.as_deref(), Some("a"));
        // Either way another one may go on: at once, or when it has lost patience.
        let patience = if resign { PATIENCE * 100 } else { Duration::from_millis(500) };
        let next = stream.candidate("b").patience(patience).campaign().unwrap();
        assert_eq!((next.epoch(), u64::from(next.next_sequence())), (2, 50));
    }
}

#[test]
fn a_writer_that_is_deposed_in_the_middle_adds_nothing_behind_the_claim() {
    let Some(servers) = servers(1) else { return };
    for round in 0..5 {
        let name = format!("deposed-{round}");
        let stream = connect(&options(&servers, &name));
        let other = connect(&options(&servers, &name));
        let leadership = stream.candidate("first").claim().unwrap();
        let (mut writer, first_ring) = ring(&leadership, 1024);
        // Many small frames, so that many are on their way.
        let window = Window::default().events_of_frame(3);
        let first =
            Shipper::builder(leadership, codec()).window(window).start(&first_ring).unwrap();
        let writing = thread::spawn(move || {
            loop {
                let sequence = writer.cursor().into();
                if let Err(stopped) = first.publish(&mut writer, event(sequence)) {
                    return (stopped.failure().clone(), first.acknowledged(), sequence);
                }
            }
        });
        wait_until("something is in the stream", || other.next_sequence().unwrap() > 500.into());
        // A claim that comes while the other one publishes may be too late, again and again.
        let until = Instant::now() + PATIENCE;
        let leadership = loop {
            match other.candidate("second").claim() {
                Ok(leadership) => break leadership,
                Err(ClaimError::Lost { epoch: 1 }) if Instant::now() < until => {}
                Err(error) => panic!("{error}"),
            }
        };
        let next = u64::from(leadership.next_sequence());
        assert_eq!(leadership.epoch(), 2);
        let (failure, acknowledged, not_published) = writing.join().unwrap();
        assert!(matches!(failure, ShipError::Deposed { by: 2 }), "{failure}");
        assert!(u64::from(acknowledged) <= next && next <= not_published);
        let (mut writer, second_ring) = ring(&leadership, 1024);
        let second = Shipper::builder(leadership, codec()).start(&second_ring).unwrap();
        publish(&mut writer, next + 5000);
        drop(writer);
        assert_eq!(u64::from(second.join().unwrap()), next + 5000);
        check_mirrored(&servers, &name, next + 5000);
    }
}

#[test]
fn a_writer_that_was_deposed_while_it_was_silent_notices_without_sending_anything() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("first").claim().unwrap();
    let (mut writer, first_ring) = ring(&leadership, 64);
    let first = Shipper::builder(leadership, codec()).start(&first_ring).unwrap();
    publish(&mut writer, 10);
    assert!(first.wait_acknowledged(10, PATIENCE));
    let second = connect(&options(&servers, "s")).candidate("second").claim().unwrap();
    assert_eq!(u64::from(second.next_sequence()), 10);
    wait_until("it notices", || first.failure().is_some());
    assert!(matches!(first.join(), Err(ShipError::Deposed { by: 2 })));
}

// The servers refuse what the first writer has on its way: the second has taken the places that it expects.
#[test]
fn a_writer_whose_server_wakes_up_when_another_one_has_the_stream_adds_nothing() {
    let Some(servers) = servers(3) else { return };
    let stream = connect(&options(&servers, "s"));
    wait_until("the stream has a leader", || stream.status().is_ok_and(|it| it.leader.is_some()));
    let leader = servers.position(&stream.status().unwrap().leader.unwrap()).unwrap();
    let (sleeper, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let urls = servers.urls();
    let first_stream =
        connect(&options(&servers, "s").servers([&*urls[sleeper]]).timeout(Duration::from_secs(2)));
    let leadership = first_stream.candidate("first").claim().unwrap();
    let (mut writer, first_ring) = ring(&leadership, 4096);
    let window = Window::default().events_of_frame(5);
    let first = Shipper::builder(leadership, codec()).window(window).start(&first_ring).unwrap();
    publish(&mut writer, 100);
    assert!(first.wait_acknowledged(100, PATIENCE));
    let second_stream = connect(&options(&servers, "s").servers([&*urls[other]]));
    servers.pause(sleeper).unwrap();
    // All this waits at the server that sleeps.
    publish(&mut writer, 2000);
    wait_until("it is on its way", || first.stats().framed > 1000.into());
    let leadership = second_stream.candidate("second").claim().unwrap();
    assert_eq!((leadership.epoch(), u64::from(leadership.next_sequence())), (2, 100));
    let (mut writer, second_ring) = ring(&leadership, 4096);
    let second = Shipper::builder(leadership, codec()).start(&second_ring).unwrap();
    publish(&mut writer, 500);
    assert!(second.wait_acknowledged(500, PATIENCE));
    servers.resume(sleeper).unwrap();
    wait_until("the first notices", || first.failure().is_some());
    assert_eq!(u64::from(first.acknowledged()), 100);
    assert!(matches!(first.join(), Err(ShipError::Deposed { by: 2 })));
    publish(&mut writer, 1000);
    drop(writer);
    second.join().unwrap();
    check_mirrored(&servers, "s", 1000);
}

#[test]
fn a_shipper_that_is_to_fail_in_an_outage_does() {
    // With room for few frames, and with room for more than the client keeps without a connection.
    for window in [Window::default(), Window::default().frames(20_000).events_of_frame(1)] {
        let Some(mut servers) = servers(1) else { return };
        let stream = connect(&options(&servers, "s").timeout(Duration::from_millis(500)));
        let leadership = stream.candidate("a").claim().unwrap();
        let (mut writer, ring) = ring(&leadership, 8192);
        let shipper = Shipper::builder(leadership, codec())
            .window(window)
            .on_outage(OnOutage::Fail { after: Duration::from_secs(2) })
            .start(&ring)
            .unwrap();
        publish(&mut writer, 100);
        assert!(shipper.wait_acknowledged(100, PATIENCE));
        servers.kill(0).unwrap();
        // Nothing is on its way, so nothing is missing.
        thread::sleep(Duration::from_secs(3));
        assert!(shipper.failure().is_none());
        let failure = loop {
            let sequence = writer.cursor().into();
            if let Err(stopped) = shipper.publish(&mut writer, event(sequence)) {
                assert_eq!(*stopped.failure().to_string(), shipper.failure().unwrap().to_string());
                assert_eq!(stopped.clone().into_inner(), event(sequence));
                break shipper.failure().unwrap();
            }
        };
        assert!(matches!(failure, ShipError::Outage(after) if after >= Duration::from_secs(2)));
        assert_eq!(u64::from(shipper.acknowledged()), 100);
        drop(shipper);
        publish(&mut writer, 20_000);
    }
}

#[test]
fn a_shipper_that_is_stopped_in_an_outage_fails_after_a_while() {
    let Some(mut servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s").timeout(Duration::from_millis(300)));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = ring(&leadership, 8192);
    let window = Window::default().frames(20_000).events_of_frame(1);
    let shipper = Shipper::builder(leadership, codec()).window(window).start(&ring).unwrap();
    servers.kill(0).unwrap();
    publish(&mut writer, 8192);
    thread::sleep(Duration::from_secs(1));
    shipper.stop();
    wait_until("the shipper ends", || shipper.is_finished());
    assert!(matches!(shipper.join(), Err(ShipError::Outage(_))));
}

#[test]
fn a_shipper_that_holds_goes_on_when_the_server_is_back() {
    let Some(mut servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s").timeout(Duration::from_secs(1)));
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = ring(&leadership, 256);
    let window = Window::default().events_of_frame(7);
    let shipper = Shipper::builder(leadership, codec()).window(window).start(&ring).unwrap();
    let writing = thread::spawn(move || publish(&mut writer, 60_000));
    for (round, pause) in [0, 300, 1500].into_iter().enumerate() {
        let acknowledged = u64::from(shipper.acknowledged()).max(1000 * round as u64) + 500;
        assert!(shipper.wait_acknowledged(acknowledged, PATIENCE));
        servers.kill(0).unwrap();
        thread::sleep(Duration::from_millis(pause));
        assert!(shipper.failure().is_none());
        servers.restart(0).unwrap();
    }
    writing.join().unwrap();
    assert!(shipper.wait_acknowledged(60_000, PATIENCE), "{:?}", shipper.stats());
    assert!(shipper.stats().doubts >= 1);
    shipper.join().unwrap();
    check_mirrored(&servers, "s", 60_000);
}

#[test]
fn a_ring_that_does_not_have_the_next_event_is_refused() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").claim().unwrap();
    // Nobody has held this writer back.
    let (mut writer, overtaken) = ring(&leadership, 8);
    publish(&mut writer, 100);
    let refused = Shipper::builder(leadership, codec()).start(&overtaken).unwrap_err();
    let StartError::Subscribe { reason, leadership } = refused else { panic!("{refused}") };
    assert!(reason.is_not_retained());
    // A ring that begins later than the stream ends.
    let (_writer, later) = Ring::builder(8).first_sequence(5).build(|| 0_u64);
    let refused = Shipper::builder(*leadership, codec()).start(&later).unwrap_err();
    let StartError::Subscribe { reason, leadership } = refused else { panic!("{refused}") };
    assert!(reason.is_not_retained());
    // A ring without places for two readers.
    let (_writer, full) = Ring::builder(8).max_readers(1).build(|| 0_u64);
    let refused = Shipper::builder(*leadership, codec()).start(&full).unwrap_err();
    let StartError::Subscribe { reason, leadership } = refused else { panic!("{refused}") };
    assert!(reason.is_full());
    assert_eq!(full.reader_count(), 0);
    // With the leadership that came back, everything goes on.
    let (mut writer, ring) = ring(&leadership, 8);
    let shipper = Shipper::builder(*leadership, codec()).start(&ring).unwrap();
    publish(&mut writer, 100);
    drop(writer);
    shipper.join().unwrap();
    check_mirrored(&servers, "s", 100);
}

#[test]
fn a_log_is_shipped_and_followed_and_its_ring_never_waits_for_the_servers() {
    let Some(mut servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    for sequence in 0..100 {
        log.push(&codec(), &event(sequence)).unwrap();
    }
    log.end_batch().unwrap();
    let (id, reader) = (log.id(), log.reader());
    let stream = connect(&options(&servers, "s").timeout(Duration::from_secs(1)));
    let leadership = stream.candidate("a").id(id).claim().unwrap();
    assert_eq!(stream.id().unwrap(), Some(id));
    let (mut writer, ring) = Ring::builder(64).first_sequence(100).build(|| 0_u64);
    let journal = Journal::builder(log, codec()).start(&ring).unwrap();
    let shipper = Shipper::log_builder(leadership).start_log(reader, true).unwrap();
    publish(&mut writer, 1000);
    assert!(shipper.wait_acknowledged(1000, PATIENCE));
    servers.kill(0).unwrap();
    // Much more than the ring has room for, without any server.
    publish(&mut writer, 50_000);
    assert!(!servers.is_running(0));
    assert!(u64::from(shipper.acknowledged()) <= 1000);
    servers.restart(0).unwrap();
    assert!(shipper.wait_acknowledged(50_000, PATIENCE), "{:?}", shipper.stats());
    drop(writer);
    journal.join().unwrap().close().unwrap();
    // Nobody writes the log any more, so it is at its end.
    assert_eq!(u64::from(shipper.join().unwrap()), 50_000);
    check_mirrored(&servers, "s", 50_000);
}

#[test]
fn a_log_that_nobody_writes_is_shipped_to_its_end_and_by_the_next_one_from_there() {
    let Some(servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut end = 0;
    let mut id = None;
    for batch in [0, 1, 1000, 3] {
        let mut log = Log::open(directory.path()).unwrap();
        (end..end + batch).for_each(|sequence| {
            log.push(&codec(), &event(sequence)).unwrap();
        });
        end += batch;
        log.end_batch().unwrap();
        let reader = log.reader();
        log.close().unwrap();
        let stream = connect(&options(&servers, "s"));
        let candidate = stream.candidate("a").id(reader.id());
        assert_eq!(*id.get_or_insert(reader.id()), reader.id());
        let leadership = candidate.campaign().unwrap();
        let shipper = Shipper::log_builder(leadership).start_log(reader, false).unwrap();
        assert_eq!(u64::from(shipper.join().unwrap()), end);
    }
    check_mirrored(&servers, "s", end);
}

#[test]
fn a_log_that_another_reader_follows_is_shipped_until_nobody_writes_it() {
    let Some(servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    // As a process sees it that does not write it.
    let reader = LogReader::open(directory.path()).unwrap();
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").id(log.id()).claim().unwrap();
    let shipper = Shipper::log_builder(leadership).start_log(reader, true).unwrap();
    for sequence in 0..1000 {
        log.push(&codec(), &event(sequence)).unwrap();
        if sequence % 100 == 0 {
            log.end_batch().unwrap();
        }
    }
    // What is committed last, it commits as it leaves.
    log.close().unwrap();
    assert_eq!(u64::from(shipper.join().unwrap()), 1000);
    check_mirrored(&servers, "s", 1000);
}

#[test]
fn a_log_that_has_less_than_the_stream_is_refused() {
    let Some(servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    for sequence in 0..10 {
        log.push(&codec(), &event(sequence)).unwrap();
    }
    log.end_batch().unwrap();
    let (id, reader) = (log.id(), log.reader());
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").id(id).claim().unwrap();
    Shipper::log_builder(leadership).start_log(reader, false).unwrap().join().unwrap();
    log.close().unwrap();

    // The same log, restored from before the last event.
    let restored = tempfile::tempdir().unwrap();
    let mut log = Log::options().id(id).open(restored.path()).unwrap();
    for sequence in 0..9 {
        log.push(&codec(), &event(sequence)).unwrap();
    }
    log.end_batch().unwrap();
    let leadership = stream.candidate("a").id(id).claim().unwrap();
    let refused = Shipper::log_builder(leadership).start_log(log.reader(), false).unwrap_err();
    assert!(matches!(refused, StartError::Behind { end, .. } if end == 9.into()), "{refused}");
    assert_eq!(refused.to_string(), "the log ends before event 9, and the stream goes on with 10");
}

#[test]
fn large_records_of_a_log_are_sent_one_by_one() {
    let servers = Servers::builder(1).configuration("max_payload: 65536\n");
    let Some(servers) = servers_with(servers) else { return };
    let raw = Raw::new(&servers);
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    let sizes = [10, 60_000, 60_000, 10, 10, 64_000, 30_000, 40_000];
    for size in sizes {
        log.push(&Bytes, &vec![7; size]).unwrap();
    }
    log.end_batch().unwrap();
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").id(log.id()).claim().unwrap();
    let shipper = Shipper::log_builder(leadership).start_log(log.reader(), false).unwrap();
    assert_eq!(u64::from(shipper.join().unwrap()), sizes.len() as u64);
    let frames = frames(&raw, &stream, "s");
    assert_eq!(frames.iter().map(|frame| frame.0).sum::<u64>(), sizes.len() as u64);
    assert!(frames.iter().all(|frame| frame.1 <= 65_536));
}

#[test]
fn a_log_of_another_stream_is_refused() {
    let Some(servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path()).unwrap();
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").claim().unwrap();
    let refused = Shipper::log_builder(leadership).start_log(log.reader(), false).unwrap_err();
    let StartError::OtherStream { log: found, leadership } = refused else { panic!("{refused}") };
    assert_eq!(found, log.id());
    // The same the other way round.
    let refused = stream.candidate("b").id(log.id()).claim().unwrap_err();
    assert!(matches!(
        refused,
        ClaimError::OtherStream { expected, found } if expected == log.id() && found == leadership.stream_id()
    ));
    assert_ne!(log.id(), LogId::from_bytes([0; 16]));
}

#[test]
fn a_log_that_begins_behind_the_end_of_the_stream_is_refused() {
    let Some(servers) = servers(1) else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::options().first_sequence(10).open(directory.path()).unwrap();
    log.push(&codec(), &event(10)).unwrap();
    log.end_batch().unwrap();
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("a").id(log.id()).claim().unwrap();
    let refused = Shipper::log_builder(leadership).start_log(log.reader(), false).unwrap_err();
    assert!(matches!(refused, StartError::Read { .. }), "{refused:?}");
}

#[test]
fn a_writer_that_ships_nothing_can_give_the_stream_back() {
    let Some(servers) = servers(1) else { return };
    let stream = connect(&options(&servers, "s"));
    let leadership = stream.candidate("first").claim().unwrap();
    leadership.resign().unwrap();
    assert!(stream.status().unwrap().resigned);
    // Nobody has it, so this one has not to be patient.
    let patient = stream.candidate("second").patience(Duration::from_secs(3600));
    let second = patient.campaign().unwrap();
    assert_eq!((second.epoch(), u64::from(second.next_sequence())), (2, 0));

    let third = stream.candidate("third").claim().unwrap();
    // It is not the second one's any more.
    second.resign().unwrap();
    let status = stream.status().unwrap();
    assert_eq!((status.epoch, status.resigned), (third.epoch(), false));
}
