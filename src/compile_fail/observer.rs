//! Of observers and what they look at.

#![forbid(unsafe_code)]

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
