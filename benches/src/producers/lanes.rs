//! Whose event an event is, and the proof that every reader got every one of them.

use std::array;
use std::ops::Range;

use crate::event::Event;
use crate::subject::Receiver;

/// The most producers whose events can be told apart.
pub const MOST: usize = 16;

/// The bits of an event's number that tell it from others of the same producer.
const BITS: u32 = 56;

/// Returns the numbers of a producer's first `each` events.
pub fn numbers(producer: usize, each: u64) -> Range<u64> {
    let first = first(producer);
    first..first + each
}

fn first(producer: usize) -> u64 {
    (producer as u64) << BITS
}

/// Returns whose event this number is of.
#[inline(always)]
pub fn producer(number: u64) -> usize {
    (number >> BITS) as usize
}

/// What a reader has seen: a lane for each producer, in which nothing overtakes.
#[derive(Debug)]
pub struct Lanes {
    /// For each producer, the number of the event that is to come next.
    next: [u64; MOST],
    disorder: u64,
    sum: u64,
}

impl Lanes {
    /// Receives so many events, and reads every word of them.
    #[inline(always)]
    pub fn read<R: Receiver<WORDS>, const WORDS: usize>(receiver: &mut R, count: u64) -> Self {
        // Apart from each other, so that only `next` need be in memory; and `next` becomes
        // what the event says, so that no event waits for what was stored for the last one.
        let mut next: [u64; MOST] = array::from_fn(first);
        let (mut disorder, mut sum) = (0, 0_u64);
        receiver.drain(count, |event: &Event<WORDS>| {
            let next = &mut next[producer(event[0]) % MOST];
            disorder |= event[0] ^ *next;
            *next = event[0].wrapping_add(1);
            for word in event {
                sum = sum.wrapping_add(*word);
            }
        });
        Self { next, disorder, sum }
    }

    /// Checks that each of so many producers' first `each` events was seen, and nothing else.
    ///
    /// # Panics
    ///
    /// If that is not so. The way is then broken, and its numbers are worth nothing.
    pub fn check<const WORDS: usize>(&self, way: &str, producers: usize, each: u64) {
        assert_eq!(self.disorder, 0, "{way}: events of one producer out of order");
        let words = WORDS as u128;
        let offsets = words * (words - 1) / 2;
        let mut expected = 0_u64;
        for (producer, next) in self.next.iter().enumerate() {
            let sent = if producer < producers { each } else { 0 };
            let seen = next.wrapping_sub(first(producer));
            assert_eq!(seen, sent, "{way}: the wrong number of events of producer {producer}");
            // In 128 bits, and then modulo 2^64 like the sum that it is compared with.
            let sent = u128::from(sent);
            let numbers = u128::from(first(producer)) * sent + sent * sent.saturating_sub(1) / 2;
            expected = expected.wrapping_add((numbers * words + offsets * sent) as u64);
        }
        assert_eq!(self.sum, expected, "{way}: a torn event");
    }
}

#[cfg(test)]
mod tests {
    use super::{Lanes, first};
    use crate::event::{Event, event};
    use crate::subject::Receiver;

    /// Delivers what it was told to.
    struct Script(Vec<Event<2>>);

    impl Receiver<2> for Script {
        fn receive(&mut self) -> Event<2> {
            self.0.remove(0)
        }
    }

    /// Three events of each of two producers, by turns.
    fn good() -> Vec<Event<2>> {
        (0..3).flat_map(|number| [first(0) + number, first(1) + number]).map(event).collect()
    }

    fn check(events: Vec<Event<2>>) {
        let count = events.len() as u64;
        Lanes::read(&mut Script(events), count).check::<2>("a script", 2, 3);
    }

    #[test]
    fn events_may_come_in_any_order_that_keeps_each_producers_own() {
        check(good());
        let mut one_after_the_other = good();
        one_after_the_other.sort();
        check(one_after_the_other);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn an_event_that_overtakes_another_of_its_producer_is_noticed() {
        let mut events = good();
        events.swap(0, 2);
        check(events);
    }

    #[test]
    #[should_panic(expected = "wrong number of events of producer 1")]
    fn an_event_that_is_missing_at_the_end_is_noticed() {
        let mut events = good();
        events.pop();
        check(events);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn an_event_that_is_missing_in_between_is_noticed() {
        let mut events = good();
        events.remove(2);
        check(events);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn an_event_that_comes_twice_is_noticed() {
        let mut events = good();
        events.insert(1, events[0]);
        check(events);
    }

    #[test]
    #[should_panic(expected = "a torn event")]
    fn an_event_of_which_a_part_is_wrong_is_noticed() {
        let mut events = good();
        events[3][1] += 1;
        check(events);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn an_event_of_a_producer_that_there_is_not_is_noticed() {
        let mut events = good();
        events[0] = event(first(40));
        check(events);
    }
}
