//! Observers and their glimpses.

#![forbid(unsafe_code)]

/// A reader cannot come after an observer, which may miss events.
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

/// An event does not outlive the glimpse that lends it.
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

/// An event from an iterator over a glimpse does not outlive the glimpse.
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

/// A glimpse cannot commit a part of its events: it lends all of them until it is dropped.
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
