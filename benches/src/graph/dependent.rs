//! Readers that come after other readers of the same ring.

use std::time::Duration;

use disruptor::{BusySpin, EventPoller, build_single_producer};

use super::chain::{self, Channels, Rings};
use super::way::{Setting, Stage, Way};
use super::{WAITING, YIELDING};
use crate::event::Event;
use crate::subject::{Kind, Mode, Receiver};
use crate::subjects::{End, builder};
use crate::throughput::stream::{race, reading};

/// writer → A → B → C.
pub(super) fn pipelines<const WORDS: usize>() -> Vec<Way> {
    let (broadcast, queues) = (Kind::Broadcast, Kind::QueuePerReader);
    vec![
        Way::new("broadring", broadcast, WAITING, one_after_the_other::<WORDS>),
        Way::new("broadring, a ring for each", queues, WAITING, chain::pipeline::<Rings, WORDS>),
        Way::new("disruptor", broadcast, YIELDING, disruptor_pipeline::<WORDS>),
        Way::new("crossbeam-channel", queues, WAITING, chain::pipeline::<Channels, WORDS>),
    ]
}

/// writer → (A, B) → C.
pub(super) fn diamonds<const WORDS: usize>() -> Vec<Way> {
    vec![
        Way::new("broadring", Kind::Broadcast, WAITING, after_both::<WORDS>),
        Way::new("disruptor", Kind::Broadcast, YIELDING, disruptor_diamond::<WORDS>),
    ]
}

fn one_after_the_other<const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let (writer, ring) = builder(setting.capacity, setting.mode).build(|| [0; WORDS]);
    let a = ring.subscribe().expect("a gate is free");
    let b = ring.reader().after(&a).expect("it is one ring");
    let b = b.subscribe().expect("a gate is free");
    let c = ring.reader().after(&b).expect("it is one ring");
    let c = c.subscribe().expect("a gate is free");
    let readers = [a, b, c].map(|reader| reading::<_, WORDS>("broadring", reader));
    race::<_, WORDS>(writer, readers.into(), &setting.places, setting.batch, count)
}

fn after_both<const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let (writer, ring) = builder(setting.capacity, setting.mode).build(|| [0; WORDS]);
    let [a, b] = [(), ()].map(|()| ring.subscribe().expect("a gate is free"));
    let c = ring.reader().after(&a).and_then(|c| c.after(&b)).expect("it is one ring");
    let c = c.subscribe().expect("a gate is free");
    let readers = [a, b, c].map(|reader| reading::<_, WORDS>("broadring", reader));
    race::<_, WORDS>(writer, readers.into(), &setting.places, setting.batch, count)
}

/// `and_then` also works with pollers, so it is pollers, as in the subject: threads that the
/// library runs itself wait by spinning or by sleeping, and never yield. Where only one
/// comes before, the builder chooses the barrier that is made for one.
fn disruptor_pipeline<const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let builder = build_single_producer(setting.capacity, || [0; WORDS], BusySpin);
    let (a, builder) = builder.new_event_poller();
    let (b, builder) = builder.and_then().new_event_poller();
    let (c, builder) = builder.and_then().new_event_poller();
    let mode = setting.mode;
    let sender = End { inner: builder.build(), mode };
    let readers = vec![polling(a, mode), polling(b, mode), polling(c, mode)];
    race::<_, WORDS>(sender, readers, &setting.places, setting.batch, count)
}

fn disruptor_diamond<const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let builder = build_single_producer(setting.capacity, || [0; WORDS], BusySpin);
    let (a, builder) = builder.new_event_poller();
    let (b, builder) = builder.new_event_poller();
    let (c, builder) = builder.and_then().new_event_poller();
    let mode = setting.mode;
    let sender = End { inner: builder.build(), mode };
    let readers = vec![polling(a, mode), polling(b, mode), polling(c, mode)];
    race::<_, WORDS>(sender, readers, &setting.places, setting.batch, count)
}

fn polling<B, const WORDS: usize>(poller: EventPoller<Event<WORDS>, B>, mode: Mode) -> Stage
where
    End<EventPoller<Event<WORDS>, B>>: Receiver<WORDS>,
{
    Box::new(reading::<_, WORDS>("disruptor", End { inner: poller, mode }))
}
