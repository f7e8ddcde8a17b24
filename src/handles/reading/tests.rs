//! Pacing as seen from inside a reader.

use crate::{Reader, Ring};

#[test]
fn reads_that_do_not_wait_are_never_paced() {
    let (mut writer, ring) = Ring::builder(1024).build(|| 0);
    let mut reader = ring.subscribe().unwrap();
    let pacing = |reader: &Reader<i32>| format!("{:?}", reader.core.pacing);

    let unpaced = pacing(&reader);
    for n in 0..100 {
        writer.publish(n);
        assert_eq!(reader.try_recv(), Ok(n));
        writer.publish(n);
        assert_eq!(reader.try_batch().unwrap().len(), 1);
        assert!(reader.try_recv().is_err());
    }
    assert_eq!(pacing(&reader), unpaced);

    writer.publish(0);
    assert_eq!(reader.recv(), Ok(0));
    assert_ne!(pacing(&reader), unpaced, "a read that waits is");
}
