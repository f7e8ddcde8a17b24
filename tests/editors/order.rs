//! Every event passes every editor in order before a reader or an observer sees it, on one
//! thread and on many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::{EditBatch, Editor, End, ReadTimeoutError, Ring, TryReadError, Wait};

use crate::common::{PARK, count, event, finite, join};
use crate::rig::{
    Edited, NAMES, edit, edited_ring, expect_nothing_to_edit, publish_unedited, read_to_end,
};

#[test]
fn an_event_passes_every_editor_in_order_before_any_reader_or_observer_sees_it() {
    for capacity in [1, 2, 8, 32] {
        let (mut writer, mut editors, ring) = edited_ring(capacity);
        let mut reader = ring.subscribe().unwrap();
        let mut observer = ring.observe().unwrap();
        for sequence in 0..5 * capacity as u64 {
            assert!(writer.try_publish(Edited::unedited(sequence)).is_ok());
            for index in 0..3 {
                for later in &mut editors[index + 1..] {
                    expect_nothing_to_edit(later);
                }
                // Neither readers nor observers see the event before the last editor is done.
                assert_eq!((ring.cursor().get(), reader.lag()), (sequence, 0));
                assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
                assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
                assert!(observer.latest().is_none_or(|latest| latest[0].sequence < sequence));
                assert_eq!(editors[index].lag(), 1);
                assert_eq!(editors[index].position().get(), sequence);
                assert_eq!(edit(&mut editors[index], index, usize::MAX), 1);
                assert_eq!(editors[index].position().get(), sequence + 1);
                expect_nothing_to_edit(&mut editors[index]);
            }
            assert_eq!(ring.cursor().get(), sequence + 1);
            reader.try_recv().unwrap().check(sequence, 3);
            observer.look().unwrap()[0].check(sequence, 3);
        }
    }
}

#[test]
fn events_between_two_editors_still_reach_the_readers_after_the_ring_is_closed() {
    for after_editor in 0..3 {
        let (mut writer, mut editors, ring) = edited_ring(8);
        let mut reader = ring.subscribe().unwrap();
        for _ in 0..8 {
            publish_unedited(&mut writer);
        }
        for (index, editor) in editors.iter_mut().enumerate().take(after_editor) {
            edit(editor, index, 8);
        }
        drop(writer);
        assert!(ring.is_closed());
        for (index, editor) in editors.iter_mut().enumerate().skip(after_editor) {
            assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
            for _ in 0..8 {
                assert_eq!(edit(editor, index, 1), 1);
            }
            assert_eq!(editor.try_batch().map(drop), Err(End::Closed.into()));
        }
        for sequence in 0..8 {
            reader.try_recv().unwrap().check(sequence, 3);
        }
        assert_eq!(reader.try_batch().map(drop), Err(End::Closed.into()));
    }
}

#[test]
fn a_reader_from_the_oldest_event_sees_only_edited_events_and_at_least_half_a_ring_of_them() {
    for capacity in [2, 8, 64] {
        let (mut writer, mut editors, ring) = edited_ring(capacity);
        let half = capacity as u64 / 2;
        for round in 0..4 * capacity as u64 {
            if writer.remaining_capacity() > 0 {
                publish_unedited(&mut writer);
            }
            for (index, editor) in editors.iter_mut().enumerate() {
                if event(round + index as u64).is_multiple_of(3) && editor.lag() > 0 {
                    edit(editor, index, 1 + (event(round) % half) as usize);
                }
            }
            let mut reader = ring.reader().from_oldest().subscribe().unwrap();
            let (start, cursor) = (reader.position().get(), ring.cursor().get());
            // The writer is ahead of the cursor, and may have reserved half a ring more.
            let reserved = (writer.cursor().get() + half).min(cursor + capacity as u64);
            assert!(start <= reserved.saturating_sub(capacity as u64));
            assert!(start <= cursor);
            for sequence in start..cursor {
                reader.try_recv().unwrap().check(sequence, 3);
            }
            assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
        }
    }
}

/// Edits to the end of the stream, in ways that change at random, and stores its progress
/// in `done`. Every event must be below `before`, the progress of the previous editor.
fn edit_in_random_ways(
    mut editor: Editor<Edited>,
    before: Option<Arc<AtomicU64>>,
    done: Arc<AtomicU64>,
) -> JoinHandle<u64> {
    thread::spawn(move || {
        let index = editor.member().number() as usize;
        let edit = |event: &mut Edited, at: u64| {
            // Relaxed on purpose: passing an event on must order these accesses.
            assert!(before.as_ref().is_none_or(|before| before.load(Ordering::Relaxed) > at));
            event.edit(at, index);
            done.store(at + 1, Ordering::Relaxed);
        };
        let edit_all = |mut batch: EditBatch<'_, Edited>| {
            batch.iter_mut().for_each(|(at, event)| edit(event, at.get()));
        };
        loop {
            let position = editor.position().get();
            let dice = event(position + 1_000_000 * index as u64);
            let end = match dice % 5 {
                0 => editor.wait_batch().map(edit_all).err(),
                1 => editor.wait_batch_up_to(1 + dice as usize % 7).map(edit_all).err(),
                2 => editor
                    .wait_batch()
                    .map(|batch| batch.for_each(|event, at| edit(event, at.get())))
                    .err(),
                3 => match editor.batch_timeout(Duration::from_micros(dice % 100)) {
                    Ok(batch) => {
                        edit_all(batch);
                        None
                    }
                    Err(ReadTimeoutError::Timeout) => None,
                    Err(ReadTimeoutError::Ended(end)) => Some(end),
                },
                _ => {
                    thread::yield_now();
                    match editor.try_batch() {
                        Ok(batch) => {
                            edit_all(batch);
                            None
                        }
                        Err(error) => error.end().cloned(),
                    }
                }
            };
            if let Some(end) = end {
                assert_eq!(end, End::Closed);
                return editor.position().get();
            }
        }
    })
}

/// Runs three editors, readers of every kind and an observer, on more threads than cores.
fn stress_editors_and_readers(capacity: usize, total: u64, wait: Wait) {
    finite(move || {
        let builder = Ring::builder(capacity).writer_wait(wait).reader_wait(wait);
        let (mut writer, editors, ring) =
            builder.build_with_editors(NAMES, || Edited::unedited(u64::MAX));
        let plain = ring.subscribe().unwrap();
        let behind = ring.reader().after(&plain).unwrap().subscribe().unwrap();
        let readers =
            [plain, behind].map(|mut reader| thread::spawn(move || read_to_end(&mut reader)));
        let evictable = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
        let evictable = thread::spawn(move || {
            let mut reader = evictable;
            let (mut seen, mut missed) = (0, 0);
            loop {
                let end = reader.run(|event, at, _| {
                    assert_eq!(at.get(), seen + missed);
                    event.check(at.get(), 3);
                    seen += 1;
                });
                match end {
                    End::Evicted(_) => missed += reader.rejoin().unwrap(),
                    end => {
                        assert_eq!(end, End::Closed);
                        return seen + missed;
                    }
                }
            }
        });
        let observer = ring.observe().unwrap();
        let observing = thread::spawn(move || {
            let mut observer = observer;
            let mut accounted = 0;
            while let Ok(glimpse) = observer.wait_look() {
                accounted += glimpse.missed() + glimpse.len() as u64;
                glimpse.iter().for_each(|(at, event)| event.check(at.get(), 3));
            }
            accounted
        });
        let guest = {
            let ring = ring.clone();
            thread::spawn(move || {
                while ring.cursor().get() < total {
                    let mut reader = ring.reader().from_oldest().subscribe().unwrap();
                    for _ in 0..5 {
                        let at = reader.position().get();
                        match reader.recv() {
                            Ok(event) => event.check(at, 3),
                            Err(end) => assert_eq!(end, End::Closed),
                        }
                    }
                }
            })
        };
        let mut before = None;
        let editing = editors.map(|editor| {
            let done = Arc::new(AtomicU64::new(0));
            let before = before.replace(Arc::clone(&done));
            edit_in_random_ways(editor, before, done)
        });
        while writer.cursor().get() < total {
            let next = writer.cursor().get();
            let run = (1 + event(next) % capacity as u64).min(total - next);
            match event(next + 1) % 3 {
                0 => {
                    let mut claim = writer.claim(run as usize).unwrap();
                    for (slot, at) in claim.iter_mut().zip(next..) {
                        *slot = Edited::unedited(at);
                    }
                    claim.publish();
                }
                1 => {
                    writer.publish_all((next..next + run).map(Edited::unedited));
                }
                _ => publish_unedited(&mut writer),
            }
        }
        drop(writer);
        assert_eq!(editing.map(join), [total; 3]);
        assert_eq!(readers.map(join), [(); 2].map(|()| (End::Closed, total)));
        assert_eq!((join(evictable), join(observing)), (total, total));
        join(guest);
        assert_eq!(ring.reader_count(), 0);
    });
}

#[test]
fn no_reader_or_observer_ever_sees_an_event_that_an_editor_has_not_finished() {
    stress_editors_and_readers(1, count(1_500), Wait::PARK);
    stress_editors_and_readers(2, count(3_000), PARK);
    stress_editors_and_readers(16, count(10_000), Wait::YIELD);
    stress_editors_and_readers(256, count(30_000), Wait::PARK);
}
