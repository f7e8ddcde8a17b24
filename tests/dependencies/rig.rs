//! Readers that depend on other readers, and checks of what they can read.

use broadring::{Reader, Ring, TryReadError, Writer};

use crate::common::{PARK, departed_upstream, event};

/// Adds a reader that comes after these.
pub(crate) fn after<'r>(
    ring: &Ring<u64>,
    upstreams: impl IntoIterator<Item = &'r Reader<u64>>,
) -> Reader<u64> {
    let mut builder = ring.reader();
    for upstream in upstreams {
        builder = builder.after(upstream).unwrap();
    }
    builder.subscribe().unwrap()
}

/// Reads one event, which must be there.
#[track_caller]
pub(crate) fn read_one(reader: &mut Reader<u64>) {
    let next = reader.position().get();
    assert_eq!(reader.try_recv(), Ok(event(next)));
}

/// Sees that there is nothing to read, but may be later.
#[track_caller]
pub(crate) fn sees_nothing(reader: &mut Reader<u64>) {
    assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
    assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
}

/// The departed upstream that a read which does not wait names.
#[track_caller]
pub(crate) fn departed_upstream_of(reader: &mut Reader<u64>) -> (String, u64) {
    match reader.try_batch() {
        Err(TryReadError::Ended(end)) => departed_upstream(end),
        other => panic!("not ended: {other:?}"),
    }
}

/// Two that come one after the other, on a ring where all sleep at once.
pub(crate) fn sleepers(upstreams: usize) -> (Writer<u64>, Vec<Reader<u64>>, Reader<u64>) {
    let builder = Ring::builder(4).reader_wait(PARK).writer_wait(PARK);
    let (writer, ring) = builder.build(|| 0);
    let upstreams: Vec<_> = (0..upstreams).map(|_| ring.subscribe().unwrap()).collect();
    let last = after(&ring, &upstreams);
    (writer, upstreams, last)
}
