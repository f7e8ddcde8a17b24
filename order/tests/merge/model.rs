//! Whatever is done to an order on one thread, in whatever sequence, every reader gets exactly the events
//! that were published since it has joined, as they were published.

use std::time::Duration;

use broadring_order::clock::{Clock, Hlc, Lamport, ManualClock, Monotonic, Turns};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::common::{Stepped, finite};
use crate::ops::history;
use crate::pair::Pair;

fn answers_as_the_model_does<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    let cases = if cfg!(miri) { 4 } else { 150 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    finite(move || {
        proptest!(config, |(history in history())| {
            let mut pair = Pair::new(clock());
            history.iter().for_each(|op| pair.apply(op));
            pair.end();
        });
    });
}

#[test]
fn an_order_by_a_logical_clock_answers_as_the_model_does() {
    answers_as_the_model_does(Lamport::new);
}

#[test]
fn an_order_by_turns_answers_as_the_model_does() {
    answers_as_the_model_does(Turns::new);
}

#[test]
fn an_order_by_the_time_answers_as_the_model_does() {
    answers_as_the_model_does(Monotonic::new);
}

#[test]
fn an_order_by_a_hybrid_clock_whose_time_stands_still_answers_as_the_model_does() {
    answers_as_the_model_does(|| Hlc::with_physical(ManualClock::new(Duration::from_secs(9))));
}

#[test]
fn an_order_by_a_coarse_clock_answers_as_the_model_does() {
    answers_as_the_model_does(Stepped::<false>::new);
}

#[test]
fn an_order_by_a_coarse_clock_that_gives_each_stamp_once_answers_as_the_model_does() {
    answers_as_the_model_does(Stepped::<true>::new);
}
