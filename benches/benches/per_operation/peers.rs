//! One event in and out on one thread: broadring, and what others take for the same.

use broadring_benches::event::{Event, event};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use disruptor::{BusySpin, Producer};

use crate::rig::{CAPACITY, group, ring, see, sized};

/// Every crate in one group, so that they stand side by side.
pub(crate) fn bench<const WORDS: usize>(criterion: &mut Criterion) {
    let mut group = group(criterion, "publish and receive", 1);
    broadring::<WORDS>(&mut group);
    disruptor::<WORDS>(&mut group);
    rtrb::<WORDS>(&mut group);
    crossbeam_channel::<WORDS>(&mut group);
    group.finish();
}

/// Sends one event at a time through `pass`, which returns the sum of its words.
fn passes<const WORDS: usize>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut pass: impl FnMut(Event<WORDS>) -> u64,
) {
    let mut number = 0_u64;
    group.bench_function(sized::<WORDS>(name), |bencher| {
        bencher.iter(|| {
            let event = event(number);
            number += 1;
            let sum = see(&event);
            assert_eq!(pass(event), sum);
        });
    });
}

fn broadring<const WORDS: usize>(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (mut writer, _ring, mut readers) = ring::<WORDS>(CAPACITY, 1);
    let reader = &mut readers[0];
    passes::<WORDS>(group, "broadring recv", |event| {
        writer.publish(event);
        see(&reader.recv().expect("the ring is open"))
    });
    passes::<WORDS>(group, "broadring try_batch", |event| {
        writer.publish(event);
        let batch = reader.try_batch().expect("the event is there");
        batch.events().map(see).sum()
    });
}

fn disruptor<const WORDS: usize>(group: &mut BenchmarkGroup<'_, WallTime>) {
    let builder = disruptor::build_single_producer(CAPACITY, || [0; WORDS], BusySpin);
    let (mut poller, builder) = builder.new_event_poller();
    let mut producer = builder.build();
    passes::<WORDS>(group, "disruptor", |event| {
        producer.publish(|slot| *slot = event);
        let mut events = poller.poll().expect("the event is there");
        (&mut events).map(see).sum()
    });
}

fn rtrb<const WORDS: usize>(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (mut producer, mut consumer) = rtrb::RingBuffer::<Event<WORDS>>::new(CAPACITY);
    passes::<WORDS>(group, "rtrb", |event| {
        producer.push(event).expect("there is room");
        see(&consumer.pop().expect("the event is there"))
    });
}

fn crossbeam_channel<const WORDS: usize>(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (sender, receiver) = crossbeam_channel::bounded::<Event<WORDS>>(CAPACITY);
    passes::<WORDS>(group, "crossbeam-channel", |event| {
        sender.send(event).expect("the receiver is there");
        see(&receiver.recv().expect("the event is there"))
    });
}
