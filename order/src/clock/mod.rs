//! Clocks: where stamps come from.
//!
//! | clock | orders the events of | a unit is | writers share | a stamp is |
//! |---|---|---|---|---|
//! | [`Monotonic`] | one process | a tick of the processor's counter, or a nanosecond | nothing | wait-free |
//! | [`Turns`] | one process | a change of the writer whose turn it is | one word, written when the turn changes | wait-free[^add] |
//! | [`Lamport`] | all that show their stamps to one another | an event | one counter | wait-free[^add] |
//! | [`Hlc`] | the same, and by the time of day | 2⁻¹⁶ s in 48 bits, and a counter in the other 16 | one word | lock-free |
//!
//! [^add]: On processors that add to memory in one instruction, as x86-64 does; elsewhere lock-free.
//!
//! - Writers in one process take [`Monotonic`]: it shares nothing, so that writers do not slow each
//!   other down, and its stamps tell the time.
//! - Or they take [`Turns`], which costs a writer that publishes alone for a while next to nothing. Where
//!   many cores publish all the time, they take one cache line from each other.
//! - [`Lamport`] needs no time. It gives the same stamps whenever threads run in the same order, which
//!   suits tests and models. But all its writers write to one cache line.
//! - [`Hlc`] orders events that come from several processes. Its stamps also tell, roughly, when they
//!   happened.
//!
//! One `Lamport` or `Hlc` and its clones never give a stamp twice. Two of them that have not heard of each
//! other can give the same stamp, and two writers can read the same time: the events are then ordered by
//! the numbers of their writers.
//!
//! What a reading of each costs is measured by the group `read a clock` of the benchmark
//! `per_operation` of this repository. It measures on one thread; a shared counter or word costs more,
//! the more threads write to it.
//!
//! ```
//! use broadring_order::Stamp;
//! use broadring_order::clock::{Clock, Hlc, Lamport, Monotonic, Turns};
//!
//! fn what_is_over_comes_first(clock: impl Clock) -> bool {
//!     let first = clock.stamp(Stamp::MIN); // one writer's
//!     clock.settle(first);
//!     first < clock.stamp(Stamp::MIN) // another one's
//! }
//! assert!(what_is_over_comes_first(Monotonic::new()));
//! assert!(what_is_over_comes_first(Turns::new()));
//! assert!(what_is_over_comes_first(Lamport::new()));
//! assert!(what_is_over_comes_first(Hlc::new()));
//! ```

// `forbid` in every room but `fenced`.
#![deny(unsafe_code)]

// Lowest first.
mod contract;
mod fenced;
mod step;

mod counter;
mod monotonic;

mod lamport;

mod turns;

mod physical;

mod hlc;

pub use contract::Clock;
pub use hlc::Hlc;
pub use lamport::Lamport;
pub use monotonic::Monotonic;
pub use physical::{ManualClock, PhysicalClock, SystemClock};
pub use turns::Turns;
