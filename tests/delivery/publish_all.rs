//! `publish_all` publishes every item of an iterator, in runs if it knows how many there are.

use std::thread;

use broadring::{Sequence, TryReadError};

use crate::common::{drain, event, events, finite, join, publish_at_once, ring_of};

#[test]
fn publish_all_publishes_every_item_whatever_the_size_hint_of_the_iterator() {
    /// An iterator with a size hint of its own.
    struct Hinted<I>(I, (usize, Option<usize>));

    impl<I: Iterator> Iterator for Hinted<I> {
        type Item = I::Item;

        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            self.1
        }
    }

    for capacity in [1, 2, 8, 64] {
        for len in [0, 1, 2, 3, 7, 8, 9, 64, 200] {
            let hints = [
                (0, None),
                (0, Some(0)),
                (1, Some(1)),
                (3, None),
                (len as usize, Some(len as usize)),
                (usize::MAX, None),
                (usize::MAX, Some(usize::MAX)),
            ];
            for hint in hints {
                let (mut writer, reader, ring) = ring_of(capacity);
                let tally = finite(move || {
                    let reader = thread::spawn(move || drain(reader));
                    let published = writer.publish_all(Hinted(events(0..len), hint));
                    assert_eq!(published, Sequence::new(0)..Sequence::new(len));
                    assert_eq!(writer.cursor().get(), len);
                    drop(writer);
                    join(reader)
                });
                assert_eq!(ring.cursor().get(), len);
                tally.ends_at(len);
                if cfg!(miri) && len > 8 {
                    break;
                }
            }
        }
    }
}

#[test]
fn publish_all_of_an_empty_iterator_publishes_nothing() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    publish_at_once(&mut writer);
    let published = writer.publish_all(std::iter::empty());
    assert_eq!(published, Sequence::new(1)..Sequence::new(1));
    assert_eq!(reader.try_recv(), Ok(event(0)));
    assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
}

#[test]
fn publish_all_makes_events_visible_every_quarter_ring_if_the_length_is_known() {
    let (mut writer, reader, ring) = ring_of(16);
    drop(reader);
    let mut visible = Vec::new();
    writer.publish_all(events(0..10).inspect(|_| visible.push(ring.cursor().get())));
    // The cursor at the moment when each event was taken from the iterator.
    assert_eq!(visible, [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);

    let mut visible = Vec::new();
    let one_by_one = events(10..14).inspect(|_| visible.push(ring.cursor().get()));
    writer.publish_all(one_by_one.filter(|_| true));
    assert_eq!(visible, [10, 11, 12, 13]);
}
