//! Readers and their batches.

#![forbid(unsafe_code)]

/// A batch does not outlive the next call of its reader.
///
/// ```compile_fail,E0499
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish_all([1, 2]);
/// let batch = reader.try_batch_up_to(1).unwrap();
/// let next = reader.try_recv();
/// drop(batch);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish_all([1, 2]);
/// let batch = reader.try_batch_up_to(1).unwrap();
/// drop(batch);
/// let next = reader.try_recv();
/// ```
struct BatchBeyondTheNextRead;

/// A batch does not outlive its reader.
///
/// ```compile_fail,E0505
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let batch = reader.try_batch().unwrap();
/// drop(reader);
/// drop(batch);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let batch = reader.try_batch().unwrap();
/// drop(batch);
/// drop(reader);
/// ```
struct BatchBeyondItsReader;

/// An event does not outlive the batch that lends it.
///
/// ```compile_fail,E0505
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let batch = reader.try_batch().unwrap();
/// let event = batch.events().next().unwrap();
/// drop(batch);
/// assert_eq!(*event, 1);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let batch = reader.try_batch().unwrap();
/// let event = batch.events().next().unwrap();
/// assert_eq!(*event, 1);
/// drop(batch);
/// ```
struct EventBeyondItsBatch;

/// An event cannot be held while a part of the batch is committed.
///
/// ```compile_fail,E0502
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let mut batch = reader.try_batch().unwrap();
/// let (sequence, event) = batch.first().unwrap();
/// batch.commit_through(sequence);
/// assert_eq!(*event, 1);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let mut batch = reader.try_batch().unwrap();
/// let (sequence, event) = batch.first().unwrap();
/// assert_eq!(*event, 1);
/// batch.commit_through(sequence);
/// ```
struct EventBeyondItsCommit;

/// An event from `next_event` lives until the next call.
///
/// ```compile_fail,E0499
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish_all([1, 2]);
/// let mut batch = reader.try_batch().unwrap();
/// let (_, first) = batch.next_event().unwrap();
/// let (_, second) = batch.next_event().unwrap();
/// assert_eq!(*first, 1);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish_all([1, 2]);
/// let mut batch = reader.try_batch().unwrap();
/// let (_, first) = batch.next_event().unwrap();
/// assert_eq!(*first, 1);
/// let (_, second) = batch.next_event().unwrap();
/// ```
struct EventBeyondTheNextEvent;

/// A closure given to `Reader::run` cannot keep the event.
///
/// ```compile_fail,E0521
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// drop(writer);
/// let mut kept = None;
/// reader.run(|event, _, _| {
///     kept = Some(event);
/// });
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// drop(writer);
/// let mut kept = None;
/// reader.run(|event, _, _| {
///     kept = Some(*event);
/// });
/// ```
struct EventOutOfRun;

/// A closure given to `Batch::for_each` cannot keep the event.
///
/// ```compile_fail,E0521
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let mut kept = None;
/// reader.try_batch().unwrap().for_each(|event, _| {
///     kept = Some(event);
/// });
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// writer.publish(1);
/// let mut kept = None;
/// reader.try_batch().unwrap().for_each(|event, _| {
///     kept = Some(*event);
/// });
/// ```
struct EventOutOfForEach;

/// Readers share events, so events must be `Sync`.
///
/// ```compile_fail,E0277
/// let (_writer, _ring) = broadring::Ring::builder(4).build(|| std::cell::Cell::new(0));
/// ```
///
/// ```
/// let (_writer, _ring) = broadring::Ring::builder(4).build(|| std::sync::Mutex::new(0));
/// ```
struct EventsThatCannotBeShared;

/// Any thread may drop events, so events must be `Send`.
///
/// ```compile_fail,E0277
/// fn ring_of(lock: &'static std::sync::Mutex<u64>) {
///     broadring::Ring::builder(4).build(|| lock.lock().unwrap());
/// }
/// ```
///
/// ```
/// fn ring_of(lock: &'static std::sync::Mutex<u64>) {
///     broadring::Ring::builder(4).build(|| *lock.lock().unwrap());
/// }
/// ```
struct EventsThatCannotBeSent;

/// A reader is used by one thread at a time.
///
/// ```compile_fail,E0499
/// let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| reader.try_recv());
///     scope.spawn(|| reader.try_recv());
/// });
/// ```
///
/// ```
/// let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut reader = ring.subscribe().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| reader.try_recv());
///     scope.spawn(|| ring.cursor());
/// });
/// ```
struct OneReaderInTwoThreads;

/// A reader cannot be read through a shared reference.
///
/// ```compile_fail,E0596
/// fn read(reader: &broadring::Reader<u64>) {
///     let _ = reader.try_recv();
/// }
/// ```
///
/// ```
/// fn read(reader: &broadring::Reader<u64>) {
///     let _ = reader.lag();
/// }
/// ```
struct ReadThroughASharedReference;
