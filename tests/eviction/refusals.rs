//! A publish that times out names the reader or observer that held the writer back.

use broadring::{Role, Writer};

use crate::common::{event, publish_at_once, ring_of};
use crate::rig::{AN_HOUR, BRIEFLY, evictable, fill};

#[test]
fn a_refused_publication_names_the_reader_that_held_the_writer_back() {
    let named = |writer: &mut Writer<u64>| {
        let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
        let holder = refused.holder().cloned();
        let by = holder.as_ref().map(|by| format!(", because of the {by}")).unwrap_or_default();
        assert_eq!(refused.to_string(), format!("the ring was full until the time was up{by}"));
        assert_eq!(refused.into_inner(), 7);
        holder
    };
    let (mut writer, mut first, ring) = ring_of(4);
    let mut second = ring.reader().name("second").subscribe().unwrap();
    fill(&mut writer);
    assert_eq!(second.try_recv(), Ok(event(0)));
    assert_eq!(named(&mut writer).as_ref(), Some(first.member()));
    assert_eq!(first.try_batch().unwrap().len(), 4);
    publish_at_once(&mut writer);
    assert_eq!(named(&mut writer).as_ref(), Some(second.member()));
    // A refusal at once has no time to ask who it was.
    assert_eq!(writer.try_publish(0).unwrap_err().editor_left(), None);
    let clone = second.clone();
    drop(second);
    assert_eq!(named(&mut writer).as_ref(), Some(clone.member()));
    assert_eq!(clone.member().name(), Some("second"));
    drop(clone);
    // One that may be evicted, but not yet, is named like any other.
    assert_eq!(first.try_recv(), Ok(event(4)));
    let patient = evictable(&ring, AN_HOUR);
    fill(&mut writer);
    assert_eq!(first.try_batch().unwrap().len(), 4);
    assert_eq!(named(&mut writer).as_ref(), Some(patient.member()));
    drop(patient);
    // And so is one that only looks in, for as long as it looks.
    let mut observer = ring.reader().from_oldest().observe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(9)));
    let member = observer.member().clone();
    let glimpse = observer.look().unwrap();
    while writer.try_publish(0).is_ok() {
        assert!(first.try_recv().is_ok());
    }
    assert_eq!(named(&mut writer).as_ref(), Some(&member));
    assert_eq!(member.role(), Role::Observer);
    drop(glimpse);
    writer.publish(0);
}
