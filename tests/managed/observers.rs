//! The thread of an observer sees or misses each event exactly once, tells its handler how many it
//! has missed, and holds the writer back only while its handler is at work.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use broadring::managed::{Group, Handler, ThreadBuilder};
use broadring::{End, Observer, Ring, Sequence, Wait};

use crate::common::{
    WAITS, count, event, eventually, finite, publish_at_once, publish_next, settle_down,
};
use crate::rig::{LONG, expect_panic, give_up, ring};

/// A thread for an observer of this ring, which waits like this.
fn tap(ring: &Ring<u64>, wait: Wait) -> ThreadBuilder<Observer<u64>> {
    ThreadBuilder::new(ring.reader().name("tap").wait(wait).observe().unwrap())
}

/// Accounts for every event: it is missed, or comes when it is due. Returns how many were missed, how
/// many were seen, and the end.
struct Account {
    next: u64,
    seen: u64,
    missed: u64,
}

impl Account {
    fn at(next: u64) -> Self {
        Self { next, seen: 0, missed: 0 }
    }
}

impl Handler<u64> for Account {
    type Output = (u64, u64, End);

    fn on_event(&mut self, &seen: &u64, sequence: Sequence, _: bool) {
        assert_eq!((sequence.get(), seen), (self.next, event(self.next)));
        self.next += 1;
        self.seen += 1;
    }

    fn on_missed(&mut self, missed: u64) {
        assert!(missed > 0, "nothing was missed");
        self.missed += missed;
        self.next += missed;
    }

    fn on_close(self, end: End) -> Self::Output {
        (self.missed, self.seen, end)
    }
}

/// What a handler was told.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Missed(u64),
    Event(u64, bool),
    Idle,
    Closed(usize, End),
}

/// Reports every call, and waits for leave to return from each event.
struct Reporter {
    ring: Ring<u64>,
    calls: Sender<Call>,
    resume: Option<Receiver<()>>,
}

impl Handler<u64> for Reporter {
    type Output = ();

    fn on_event(&mut self, _: &u64, sequence: Sequence, end_of_batch: bool) {
        let _ = self.calls.send(Call::Event(sequence.get(), end_of_batch));
        if let Some(resume) = &self.resume {
            let _ = resume.recv();
        }
    }

    fn on_missed(&mut self, missed: u64) {
        let _ = self.calls.send(Call::Missed(missed));
    }

    fn on_idle(&mut self) {
        let _ = self.calls.send(Call::Idle);
    }

    fn on_close(self, end: End) {
        let _ = self.calls.send(Call::Closed(self.ring.stats().members.len(), end));
    }
}

fn reporter(ring: &Ring<u64>) -> (Reporter, Receiver<Call>) {
    let (calls, called) = mpsc::channel();
    (Reporter { ring: ring.clone(), calls, resume: None }, called)
}

#[test]
fn the_thread_of_an_observer_has_seen_or_missed_each_event_exactly_once() {
    finite(|| {
        let total = count(3_000);
        for wait in WAITS {
            for capacity in [1, 2, 8, 64] {
                let (mut writer, ring) = ring(capacity);
                let threads =
                    [0, 1].map(|_| tap(&ring, wait).spawn_with(|| Account::at(0)).unwrap());
                for _ in 0..total {
                    publish_next(&mut writer);
                }
                drop(writer);
                for thread in threads {
                    eventually("the thread has ended", || thread.is_finished());
                    assert_eq!((thread.position().get(), thread.lag()), (total, 0));
                    let (missed, seen, end) = thread.join().unwrap();
                    assert_eq!((missed + seen, end), (total, End::Closed));
                }
            }
        }
    });
}

#[test]
fn a_handler_learns_what_was_missed_before_it_gets_the_next_event() {
    finite(|| {
        let (mut writer, ring) = ring(16);
        let group = Group::new();
        let (reporter, called) = reporter(&ring);
        let thread = tap(&ring, Wait::PARK).group(&group).spawn_with(|| reporter).unwrap();
        // Nobody looks yet, so nobody holds the writer back.
        (0..100).for_each(|_| publish_at_once(&mut writer));
        assert_eq!((thread.position().get(), thread.lag()), (0, 100));
        group.shutdown(writer, LONG).unwrap();
        thread.join().unwrap();
        let mut called = called.into_iter();
        let Some(Call::Missed(missed)) = called.next() else { panic!("it was not told") };
        assert!((84..92).contains(&missed), "half a ring at least can always be seen");
        for at in missed..100 {
            let Some(Call::Event(seen, _)) = called.next() else { panic!("there is an event") };
            assert_eq!(seen, at);
        }
        assert_eq!(called.next(), Some(Call::Closed(0, End::Closed)), "after it has left");
    });
}

#[test]
fn a_look_has_at_most_a_quarter_of_the_ring_and_its_last_event_is_the_end_of_a_batch() {
    finite(|| {
        for (capacity, quarter) in [(1, 1), (2, 1), (4, 1), (8, 2), (16, 4)] {
            let (mut writer, ring) = ring(capacity);
            let group = Group::new();
            let (reporter, called) = reporter(&ring);
            let spawned = tap(&ring, Wait::PARK).group(&group).spawn_with(|| reporter);
            (0..capacity).for_each(|_| publish_at_once(&mut writer));
            group.shutdown(writer, LONG).unwrap();
            spawned.unwrap().join().unwrap();
            let events: Vec<_> =
                called.into_iter().filter(|call| matches!(call, Call::Event(..))).collect();
            let all = (0..capacity as u64).map(|at| Call::Event(at, (at + 1) % quarter == 0));
            assert!(events.iter().eq(&all.collect::<Vec<_>>()), "{capacity}: {events:?}");
        }
    });
}

#[test]
fn a_closure_gets_the_events_that_an_observer_sees() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (handled, seen) = mpsc::channel();
        let thread = tap(&ring, Wait::PARK).spawn(move |&event, at, last| {
            handled.send((event, at.get(), last)).unwrap();
        });
        for at in 0..20 {
            publish_next(&mut writer);
            assert_eq!(seen.recv(), Ok((event(at), at, true)));
        }
        drop(writer);
        thread.unwrap().join().unwrap();
    });
}

#[test]
fn the_thread_of_an_observer_holds_the_writer_back_only_while_its_handler_is_at_work() {
    finite(|| {
        let (mut writer, ring) = ring(4);
        let (resume, resumed) = mpsc::channel();
        let (mut reporter, called) = reporter(&ring);
        reporter.resume = Some(resumed);
        let thread = tap(&ring, Wait::PARK).spawn_with(|| reporter).unwrap();
        publish_at_once(&mut writer);
        assert_eq!(called.recv(), Ok(Call::Event(0, true)));
        (0..3).for_each(|_| publish_at_once(&mut writer));
        assert!(writer.try_publish(0).is_err(), "the event that the handler has is in the ring");
        drop(resume);
        publish_next(&mut writer);
        eventually("everything is handled", || thread.lag() == 0);
        (0..4).for_each(|_| _ = publish_next(&mut writer));
        drop(writer);
        thread.join().unwrap();
    });
}

#[test]
fn an_observing_thread_that_waits_is_stopped_at_once() {
    finite(|| {
        for wait in WAITS {
            for idle_after in [None, Some(LONG)] {
                let (mut writer, ring) = ring(8);
                for round in 0..count(20) {
                    let start = ring.cursor().get();
                    let mut builder = tap(&ring, wait);
                    if let Some(idle_after) = idle_after {
                        builder = builder.idle_after(idle_after);
                    }
                    let thread = builder.spawn_with(move || Account::at(start)).unwrap();
                    publish_next(&mut writer);
                    eventually("the event is handled", || thread.lag() == 0);
                    settle_down(round);
                    thread.stop();
                    assert_eq!(thread.join().unwrap(), (0, 1, End::Stopped));
                    assert_eq!(ring.stats().members.len(), 0, "the observer has left");
                }
            }
        }
    });
}

#[test]
fn an_observing_thread_that_is_stopped_in_a_look_finishes_its_event_and_gets_no_other() {
    finite(|| {
        let (mut writer, ring) = ring(16);
        let (resume, resumed) = mpsc::channel();
        let (mut reporter, called) = reporter(&ring);
        reporter.resume = Some(resumed);
        let group = Group::new();
        let thread = tap(&ring, Wait::PARK).group(&group).spawn_with(|| reporter).unwrap();
        (0..8).for_each(|_| publish_at_once(&mut writer));
        group.start();
        for at in 0..2 {
            assert_eq!(called.recv(), Ok(Call::Event(at, false)));
            if at == 0 {
                resume.send(()).unwrap();
            }
        }
        assert_eq!((thread.position().get(), thread.lag()), (1, 7));
        thread.stop();
        resume.send(()).unwrap();
        assert_eq!(called.recv(), Ok(Call::Closed(0, End::Stopped)));
        eventually("the thread has ended", || thread.is_finished());
        assert_eq!((thread.position().get(), thread.lag()), (2, 6));
        thread.join().unwrap();
    });
}

/// A handler that is done, or panics, when it is told that it has missed events.
struct Touchy {
    panics: bool,
    hurt: bool,
}

impl Handler<u64> for Touchy {
    type Output = End;

    fn on_event(&mut self, _: &u64, _: Sequence, _: bool) {
        assert!(!self.hurt, "no event after the handler was done");
    }

    fn on_missed(&mut self, _: u64) {
        if self.panics {
            give_up();
        }
        self.hurt = true;
    }

    fn is_done(&self) -> bool {
        self.hurt
    }

    fn on_close(self, end: End) -> End {
        end
    }
}

#[test]
fn a_handler_that_is_done_or_panics_when_events_were_missed_gets_none_after_them() {
    finite(|| {
        for panics in [false, true] {
            let (mut writer, ring) = ring(16);
            let group = Group::new();
            let builder = tap(&ring, Wait::PARK).group(&group);
            let thread = builder.spawn_with(move || Touchy { panics, hurt: false }).unwrap();
            (0..100).for_each(|_| publish_at_once(&mut writer));
            group.start();
            eventually("the thread has ended", || thread.is_finished());
            let position = thread.position().get();
            assert!((84..92).contains(&position), "it ends at the first event after the gap");
            assert_eq!((thread.lag(), ring.stats().members.len()), (100 - position, 0));
            match panics {
                true => drop(expect_panic(thread)),
                false => assert_eq!(thread.join().unwrap(), End::Stopped),
            }
            (0..20).for_each(|_| publish_at_once(&mut writer));
        }
    });
}

#[test]
fn an_observer_whose_handler_panics_leaves_and_that_event_counts_as_handled() {
    finite(|| {
        for panics_at in 0..8 {
            let (mut writer, ring) = ring(16);
            let group = Group::new();
            let thread = tap(&ring, Wait::PARK).group(&group).spawn(move |_, at, _| {
                if at.get() == panics_at {
                    give_up();
                }
            });
            let thread = thread.unwrap();
            (0..8).for_each(|_| publish_at_once(&mut writer));
            group.start();
            eventually("the thread has ended", || thread.is_finished());
            assert_eq!((thread.position().get(), thread.lag()), (panics_at + 1, 7 - panics_at));
            (0..20).for_each(|_| publish_at_once(&mut writer));
            let error = expect_panic(thread);
            assert_eq!(error.to_string(), "the observer \"tap\" panicked: gave up");
        }
    });
}

#[test]
fn an_observing_thread_without_events_calls_on_idle_again_and_again() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(8);
            let (reporter, called) = reporter(&ring);
            let builder = tap(&ring, wait).idle_after(Duration::from_micros(10));
            let thread = builder.spawn_with(|| reporter).unwrap();
            for at in 0..3 {
                for _ in 0..3 {
                    assert_eq!(called.recv(), Ok(Call::Idle));
                }
                publish_next(&mut writer);
                let seen = called.iter().find(|call| *call != Call::Idle);
                assert_eq!(seen, Some(Call::Event(at, true)));
            }
            drop(writer);
            thread.join().unwrap();
        }
    });
}

#[test]
fn the_thread_of_an_observer_is_named_after_ring_and_observer() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(8).name("orders").build(|| 0_u64);
        let (send, names) = mpsc::channel();
        let thread = tap(&ring, Wait::PARK).spawn(move |_, _, _| {
            send.send(thread::current().name().map(str::to_owned)).unwrap();
        });
        let thread = thread.unwrap();
        assert_eq!(thread.name(), Some("tap"));
        publish_next(&mut writer);
        assert_eq!(names.recv().unwrap().as_deref(), Some("orders/tap"));
        drop(writer);
        thread.join().unwrap();
    });
}
