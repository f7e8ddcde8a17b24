//! The writer and its claims.

#![forbid(unsafe_code)]

/// A closure given to `publish_with` cannot keep the slot.
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

/// A closure given to `try_publish_with` cannot keep the slot.
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

/// A slot of a claim cannot be written by index either once the claim is published.
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

/// A claim is borrowed mutably in one way at a time.
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

/// A writer cannot be used through a shared reference.
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

/// A writer of `'static` references does not become a writer of shorter-lived ones, which its
/// readers would still take for `'static`.
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
