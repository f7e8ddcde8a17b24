//! A follower gets each event once, in order: from the log, and then live, while the writer goes on.

mod common;

use std::thread;
use std::time::Duration;

use broadring::{Ring, Writer};
use broadring_log::codec::{Fixed, Postcard};
use broadring_log::{Durability, FollowError, Follower, Journal, Log, LogOptions};

type Followers = Follower<u64, Fixed<u64>>;

fn codec() -> Fixed<u64> {
    Fixed::new(0)
}

struct Stream {
    _directory: tempfile::TempDir,
    writer: Writer<u64>,
    ring: Ring<u64>,
    journal: Journal<u64>,
}

fn stream(capacity: usize, options: LogOptions) -> Stream {
    let directory = tempfile::tempdir().unwrap();
    let log = options.open(directory.path()).unwrap();
    let (writer, ring) = Ring::builder(capacity).first_sequence(log.next_sequence()).build(|| 0);
    let journal = Journal::builder(log, codec()).start(&ring).unwrap();
    Stream { _directory: directory, writer, ring, journal }
}

/// Follows to the end, checks that each event comes once and in order, and returns how many came.
fn follow_all(follower: &mut Followers) -> u64 {
    let mut next = u64::from(follower.position());
    let first = next;
    follower
        .run(|event, sequence| {
            assert_eq!((*event, u64::from(sequence)), (next, next));
            next += 1;
        })
        .unwrap();
    next - first
}

#[test]
fn followers_from_anywhere_get_every_event_once_while_the_writer_goes_on() {
    let Stream { _directory, mut writer, ring, journal } =
        stream(256, Log::options().durability(Durability::System).segment_bytes(1 << 20));
    let events = common::setting("BROADRING_LOG_HANDOVER", 400_000);
    writer.publish_all(0..events / 4);
    let followers: Vec<_> = (0..6)
        .map(|number| {
            let from = number * 10_007;
            let mut follower = match number % 2 {
                0 => journal.follow(codec()).from(from).start().unwrap(),
                _ => journal.reader().follow(&ring, codec()).from(from).start().unwrap(),
            };
            thread::spawn(move || (from, follow_all(&mut follower)))
        })
        .collect();
    writer.publish_all(events / 4..events);
    drop(writer);
    for follower in followers {
        let (from, seen) = follower.join().unwrap();
        assert_eq!(seen, events - from);
    }
    assert_eq!(journal.join().unwrap().next_sequence(), events.into());
}

#[test]
fn a_follower_that_is_evicted_goes_on_from_the_log_and_comes_back_live() {
    let Stream { _directory, mut writer, journal, .. } =
        stream(64, Log::options().durability(Durability::System));
    let mut follower =
        journal.follow(codec()).evict_after(Duration::from_millis(1)).start().unwrap();
    let (mut published, mut read) = (0, 0);
    let mut read_all = |follower: &mut Followers, published: u64| {
        while read < published {
            for (sequence, event) in &follower.wait_batch().unwrap().unwrap() {
                assert_eq!((u64::from(sequence), *event), (read, read));
                read += 1;
            }
        }
    };
    for round in 0..5 {
        while !follower.is_live() {
            published = u64::from(writer.publish(published)) + 1;
            read_all(&mut follower, published);
            let _ = follower.try_batch().unwrap();
        }
        assert_eq!(follower.evictions(), round);
        // It does not read, so the writer goes on without it.
        published = u64::from(writer.publish_all(published..published + 1000).end);
        read_all(&mut follower, published);
        assert_eq!(follower.evictions(), round + 1);
    }
    drop(writer);
    assert_eq!(follow_all(&mut follower), 0);
    journal.join().unwrap();
}

#[test]
fn a_follower_after_the_journal_sees_only_what_is_on_the_disk() {
    let hour = Duration::from_secs(3600);
    let Stream { _directory, mut writer, journal, .. } =
        stream(64, Log::options().durability(Durability::Every { events: 10, within: hour }));
    let mut follower = journal.follow(codec()).start().unwrap();
    writer.publish_all(0..9);
    assert!(follower.batch_timeout(Duration::from_millis(20)).unwrap().is_none());
    assert_eq!(journal.durable(), 0.into());
    writer.publish(9);
    let mut read = 0;
    while read < 10 {
        let batch = follower.wait_batch().unwrap().unwrap();
        assert!(journal.durable() >= batch.sequences().end);
        read += batch.len();
    }
    drop(writer);
    assert_eq!(follow_all(&mut follower), 0);
    journal.join().unwrap();
}

#[test]
fn a_stream_goes_on_after_its_process_under_the_next_sequence() {
    let directory = tempfile::tempdir().unwrap();
    for run in 0..5_u64 {
        let log = Log::open(directory.path()).unwrap();
        assert_eq!(log.next_sequence(), (run * 100).into());
        let (mut writer, ring) = Ring::builder(32).first_sequence(log.next_sequence()).build(|| 0);
        let journal = Journal::builder(log, codec()).start(&ring).unwrap();
        let mut follower = journal.follow(codec()).start().unwrap();
        writer.publish_all(run * 100..(run + 1) * 100);
        drop(writer);
        assert_eq!(follow_all(&mut follower), (run + 1) * 100);
        journal.join().unwrap();
    }
}

#[test]
fn a_ring_that_does_not_go_on_where_the_log_does_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    log.push(&codec(), &7).unwrap();
    let (_writer, ring) = Ring::builder(8).build(|| 0_u64);
    let error = Journal::builder(log, codec()).start(&ring).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the journal cannot join the ring: no reader can start at event 1 of the ring: it can start from 0 to 0"
    );
}

#[test]
fn a_follower_with_another_codec_is_told_so() {
    let Stream { _directory, mut writer, journal, .. } = stream(8, Log::options());
    writer.publish_all(0..100);
    let mut follower = journal.follow(Postcard::<u64>::new(0)).start().unwrap();
    let error = follower.wait_batch().unwrap_err();
    assert_eq!(error.to_string(), "event 0 was written with the codec fixed, not postcard");
    drop(writer);
    journal.join().unwrap();
}

#[cfg(feature = "async")]
#[test]
fn a_follower_in_a_task_is_a_stream() {
    use futures::{StreamExt, TryStreamExt, executor};

    let Stream { _directory, mut writer, journal, .. } =
        stream(64, Log::options().durability(Durability::System));
    const EVENTS: u64 = 50_000;
    writer.publish_all(0..EVENTS / 2);
    let follower = journal.follow(codec()).start().unwrap();
    let task = thread::spawn(move || {
        executor::block_on(
            follower
                .into_stream()
                .enumerate()
                .map(|(number, event)| event.map(|event| (number, event)))
                .try_fold(0, |count, (number, (sequence, event))| async move {
                    assert_eq!((number as u64, event), (sequence.into(), sequence.into()));
                    Ok(count + 1)
                }),
        )
    });
    writer.publish_all(EVENTS / 2..EVENTS);
    drop(writer);
    assert_eq!(task.join().unwrap().unwrap(), EVENTS);
    journal.join().unwrap();
}

/// What a follower ends with.
type Ended = std::sync::mpsc::Receiver<(u64, Option<FollowError>)>;

/// Follows to the end on a thread of its own.
fn follow_to_the_end(mut follower: Followers) -> Ended {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let ended = follower.run(|_, _| ());
        let _ = tell.send((u64::from(follower.position()), ended.err()));
    });
    told
}

/// Waits for what a follower ends with, so that one that hangs fails the test.
fn end_of(ended: &Ended) -> (u64, Option<FollowError>) {
    ended.recv_timeout(Duration::from_secs(60)).expect("the follower does not end")
}

#[test]
fn a_follower_learns_that_the_journal_has_left_whoever_keeps_its_handle() {
    for keeps in [true, false] {
        let Stream { _directory, mut writer, ring, journal } = stream(64, Log::options());
        writer.publish_all(0..1000);
        let after = journal.follow(codec()).start().unwrap();
        let beside = journal.follow(codec()).from(500).start().unwrap();
        let mut live = journal.follow(codec()).start().unwrap();
        while !live.is_live() {
            let _ = live.batch_timeout(Duration::from_millis(1)).unwrap();
        }
        journal.stop();
        while !journal.is_finished() {
            thread::yield_now();
        }
        let kept = keeps.then_some(journal);
        let followers = [after, beside, live].map(follow_to_the_end);
        // The stream goes on, and nobody holds it back.
        writer.publish_all(1000..2000);
        for follower in &followers {
            let (position, error) = end_of(follower);
            assert_eq!(position, 1000);
            assert!(matches!(error, Some(FollowError::JournalLeft { .. })), "{error:?}");
        }
        drop((writer, ring, kept));
    }
}

#[test]
fn a_follower_without_a_place_in_the_ring_reads_the_log_to_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path()).unwrap();
    // Two places, both of them the journal's.
    let (mut writer, ring) = Ring::builder(64).max_readers(2).build(|| 0);
    let journal = Journal::builder(log, codec()).start(&ring).unwrap();
    let follower = follow_to_the_end(journal.follow(codec()).start().unwrap());
    writer.publish_all(0..1000);
    drop(writer);
    let (position, error) = end_of(&follower);
    assert_eq!(position, 1000);
    assert!(error.is_none(), "{error:?}");
    journal.join().unwrap();
}

#[test]
fn a_policy_that_counts_only_may_wait_for_ever() {
    let Stream { _directory, mut writer, journal, .. } = stream(
        64,
        Log::options().durability(Durability::Every { events: 10, within: Duration::MAX }),
    );
    writer.publish_all(0..5);
    let mut follower = journal.follow(codec()).start().unwrap();
    assert!(follower.batch_timeout(Duration::from_millis(50)).unwrap().is_none());
    assert!(journal.failure().is_none());
    drop(writer);
    assert_eq!(follow_all(&mut follower), 5);
    journal.join().unwrap();
}
