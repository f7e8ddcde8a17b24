//! What must not compile. Each example has a twin that differs in one line and
//! does compile, so that it fails for the reason it is meant to.

#![forbid(unsafe_code)]

/// The slot that a closure writes does not leave it.
///
/// ```compile_fail,E0521
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut kept = None;
/// writer.publish_with(|slot| {
///     kept = Some(slot);
/// });
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut kept = None;
/// writer.publish_with(|slot| {
///     kept = Some(*slot);
/// });
/// ```
struct SlotOutOfPublishWith;

/// The same with the closure that may come back.
///
/// ```compile_fail,E0521
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut kept = None;
/// let _ = writer.try_publish_with(|slot| {
///     kept = Some(slot);
/// });
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut kept = None;
/// let _ = writer.try_publish_with(|slot| {
///     kept = Some(*slot);
/// });
/// ```
struct SlotOutOfTryPublishWith;

/// A slot of a claim cannot be written once the claim is published.
///
/// ```compile_fail,E0505
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut claim = writer.claim(2).unwrap();
/// let slot = claim.iter_mut().next().unwrap();
/// claim.publish();
/// *slot = 1;
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut claim = writer.claim(2).unwrap();
/// let slot = claim.iter_mut().next().unwrap();
/// *slot = 1;
/// claim.publish();
/// ```
struct SlotBeyondPublish;

/// Nor by its index.
///
/// ```compile_fail,E0505
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut claim = writer.claim(2).unwrap();
/// let slot = &mut claim[0];
/// claim.publish_first(1);
/// *slot = 1;
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut claim = writer.claim(2).unwrap();
/// let slot = &mut claim[0];
/// *slot = 1;
/// claim.publish_first(1);
/// ```
struct IndexedSlotBeyondPublish;

/// Two ways into one claim are not open at once.
///
/// ```compile_fail,E0499
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut claim = writer.claim(2).unwrap();
/// let mut some = claim.iter_mut();
/// let mut same = claim.iter_mut();
/// *some.next().unwrap() = 1;
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut claim = writer.claim(2).unwrap();
/// let mut some = claim.iter_mut();
/// *some.next().unwrap() = 1;
/// let mut same = claim.iter_mut();
/// ```
struct TwoIteratorsOverAClaim;

/// There is one claim at a time.
///
/// ```compile_fail,E0499
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let first = writer.claim(1).unwrap();
/// let second = writer.claim(1).unwrap();
/// first.publish();
/// second.publish();
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let first = writer.claim(1).unwrap();
/// first.publish();
/// let second = writer.claim(1).unwrap();
/// second.publish();
/// ```
struct TwoClaims;

/// Nothing else is published while a claim is held.
///
/// ```compile_fail,E0499
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let claim = writer.claim(1).unwrap();
/// writer.publish(1);
/// claim.publish();
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let claim = writer.claim(1).unwrap();
/// claim.publish();
/// writer.publish(1);
/// ```
struct PublishBesideAClaim;

/// A claim does not outlive the writer.
///
/// ```compile_fail,E0505
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let claim = writer.claim(1).unwrap();
/// drop(writer);
/// claim.publish();
/// ```
///
/// ```
/// let (mut writer, _ring) = broadring::Ring::builder(4).build(|| 0);
/// let claim = writer.claim(1).unwrap();
/// claim.publish();
/// drop(writer);
/// ```
struct ClaimBeyondWriter;

/// There is one writer.
///
/// ```compile_fail,E0599
/// let (writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let _second = writer.clone();
/// ```
///
/// ```
/// let (writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let _second = ring.clone();
/// ```
struct TwoWriters;

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

/// An event is not held while a part of the batch is committed.
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

/// An event that is taken out of a batch lives until the next one is.
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

/// A handler does not keep the event that it is given.
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

/// Nor does the one that a batch is handed to.
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

/// Readers share events, so events that cannot be shared are refused.
///
/// ```compile_fail,E0277
/// let (_writer, _ring) = broadring::Ring::builder(4).build(|| std::cell::Cell::new(0));
/// ```
///
/// ```
/// let (_writer, _ring) = broadring::Ring::builder(4).build(|| std::sync::Mutex::new(0));
/// ```
struct EventsThatCannotBeShared;

/// Any thread may drop events, so events that cannot be sent are refused.
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

/// A reader is read from by one thread at a time.
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

/// Nor is it read from through a shared reference.
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

/// A writer writes through its one owner.
///
/// ```compile_fail,E0596
/// fn write(writer: &broadring::Writer<u64>) {
///     writer.publish(1);
/// }
/// ```
///
/// ```
/// fn write(writer: &broadring::Writer<u64>) {
///     writer.cursor();
/// }
/// ```
struct WriteThroughASharedReference;

/// A writer of events that live for ever does not become one of events that do
/// not: its readers would still believe it.
///
/// ```compile_fail,E0597
/// let (writer, ring) = broadring::Ring::<&'static str>::builder(4).build(|| "");
/// let mut reader = ring.subscribe().unwrap();
/// {
///     let short = String::from("short");
///     let mut writer: broadring::Writer<&str> = writer;
///     writer.publish(&short);
/// }
/// let _long: &'static str = reader.recv().unwrap();
/// ```
///
/// ```
/// let (writer, ring) = broadring::Ring::<&'static str>::builder(4).build(|| "");
/// let mut reader = ring.subscribe().unwrap();
/// {
///     let short = "not short at all";
///     let mut writer: broadring::Writer<&str> = writer;
///     writer.publish(&short);
/// }
/// let _long: &'static str = reader.recv().unwrap();
/// ```
struct WriterOfShorterEvents;

/// An event that an editor has passed on is no longer its own.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, event) = batch.iter_mut().next().unwrap();
/// drop(batch);
/// *event = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, event) = batch.iter_mut().next().unwrap();
/// *event = 2;
/// drop(batch);
/// ```
struct EditBeyondItsBatch;

/// Nor by its index.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let event = &mut batch[0];
/// drop(batch);
/// *event = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let event = &mut batch[0];
/// *event = 2;
/// drop(batch);
/// ```
struct IndexedEditBeyondItsBatch;

/// Nor while the rest of the batch is handed to a closure.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, first) = (&mut batch).into_iter().next().unwrap();
/// batch.for_each(|event, _| *event += 1);
/// *first = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, first) = (&mut batch).into_iter().next().unwrap();
/// *first = 2;
/// batch.for_each(|event, _| *event += 1);
/// ```
struct EditBesideForEach;

/// A closure that edits does not keep the event that it is given.
///
/// ```compile_fail,E0521
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut kept = None;
/// editor.try_batch().unwrap().for_each(|event, _| {
///     kept = Some(event);
/// });
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut kept = None;
/// editor.try_batch().unwrap().for_each(|event, _| {
///     kept = Some(*event);
/// });
/// ```
struct EventOutOfAnEdit;

/// Nor does the one that an editor runs.
///
/// ```compile_fail,E0521
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// drop(writer);
/// let mut kept = None;
/// editor.run(|event, _, _| {
///     kept = Some(event);
/// });
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// drop(writer);
/// let mut kept = None;
/// editor.run(|event, _, _| {
///     kept = Some(*event);
/// });
/// ```
struct EventOutOfAnEditorsRun;

/// Two ways into one batch of an editor are not open at once.
///
/// ```compile_fail,E0499
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, some) = batch.iter_mut().next().unwrap();
/// let (_, same) = batch.iter_mut().next().unwrap();
/// *some = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, some) = batch.iter_mut().next().unwrap();
/// *some = 2;
/// let (_, same) = batch.iter_mut().next().unwrap();
/// ```
struct TwoIteratorsOverAnEditBatch;

/// An editor has one batch at a time.
///
/// ```compile_fail,E0499
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish_all([1, 2]);
/// let first = editor.try_batch_up_to(1).unwrap();
/// let second = editor.try_batch_up_to(1).unwrap();
/// drop(first);
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish_all([1, 2]);
/// let first = editor.try_batch_up_to(1).unwrap();
/// drop(first);
/// let second = editor.try_batch_up_to(1).unwrap();
/// ```
struct TwoEditBatches;

/// A batch does not outlive its editor.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let batch = editor.try_batch().unwrap();
/// drop(editor);
/// drop(batch);
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let batch = editor.try_batch().unwrap();
/// drop(batch);
/// drop(editor);
/// ```
struct EditBatchBeyondItsEditor;

/// There is one editor for each name.
///
/// ```compile_fail,E0599
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let _second = editor.clone();
/// ```
///
/// ```
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let _second = ring.clone();
/// ```
struct TwoEditorsOfOneName;

/// An editor changes what is published, and publishes nothing.
///
/// ```compile_fail,E0599
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// editor.publish(1);
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// ```
struct PublishFromAnEditor;

/// Nobody comes after an editor: everybody does.
///
/// ```compile_fail,E0308
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let first = ring.subscribe().unwrap();
/// let second = ring.reader().after(&editor).unwrap().subscribe().unwrap();
/// ```
///
/// ```
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let first = ring.subscribe().unwrap();
/// let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
/// ```
struct AfterAnEditor;

/// Nor after an observer, which may miss what it comes after.
///
/// ```compile_fail,E0308
/// let (_writer, ring) = broadring::Ring::<u64>::builder(4).build(|| 0);
/// let first = ring.observe().unwrap();
/// let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
/// ```
///
/// ```
/// let (_writer, ring) = broadring::Ring::<u64>::builder(4).build(|| 0);
/// let first = ring.subscribe().unwrap();
/// let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
/// ```
struct AfterAnObserver;

/// An event that was glimpsed does not outlive the glimpse.
///
/// ```compile_fail,E0505
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.look().unwrap();
/// let event = &glimpse[0];
/// drop(glimpse);
/// assert_eq!(*event, 1);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.look().unwrap();
/// let event = &glimpse[0];
/// assert_eq!(*event, 1);
/// drop(glimpse);
/// ```
struct EventBeyondItsGlimpse;

/// Nor does one that an iterator over the glimpse has lent.
///
/// ```compile_fail,E0505
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.latest().unwrap();
/// let (_, event) = (&glimpse).into_iter().next().unwrap();
/// drop(glimpse);
/// assert_eq!(*event, 1);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.latest().unwrap();
/// let (_, event) = (&glimpse).into_iter().next().unwrap();
/// assert_eq!(*event, 1);
/// drop(glimpse);
/// ```
struct IteratedEventBeyondItsGlimpse;

/// A glimpse does not outlive the next look.
///
/// ```compile_fail,E0499
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.look().unwrap();
/// let latest = observer.latest().unwrap();
/// drop(glimpse);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.look().unwrap();
/// drop(glimpse);
/// let latest = observer.latest().unwrap();
/// ```
struct GlimpseBeyondTheNextLook;

/// A glimpse does not outlive its observer.
///
/// ```compile_fail,E0505
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.look().unwrap();
/// drop(observer);
/// drop(glimpse);
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let glimpse = observer.look().unwrap();
/// drop(glimpse);
/// drop(observer);
/// ```
struct GlimpseBeyondItsObserver;

/// Nothing is committed out of a glimpse: what it shows is shown until it is dropped.
///
/// ```compile_fail,E0596
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let mut glimpse = observer.look().unwrap();
/// let event = glimpse.next_event();
/// ```
///
/// ```
/// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut observer = ring.observe().unwrap();
/// writer.publish(1);
/// let mut glimpse = observer.look().unwrap();
/// let event = glimpse.first();
/// ```
struct CommitOutOfAGlimpse;
