//! Measurements of broadring and of the libraries that it is compared with.

#[cfg(feature = "bridge")]
pub mod bridge;
pub mod core_to_core;
pub mod cores;
pub mod event;
pub mod figure;
pub mod graph;
pub mod harness;
pub mod latency;
pub mod log;
pub mod machine;
pub mod producers;
pub mod records;
pub mod soak;
pub mod subject;
pub mod subjects;
pub mod throughput;

/// The pages for people who come from the libraries that are measured here: their programs and ours are
/// documentation tests.
#[cfg(doctest)]
mod coming_from {
    #[doc = include_str!("../../docs/coming-from/disruptor.md")]
    mod disruptor {}
    #[doc = include_str!("../../docs/coming-from/lmax.md")]
    mod lmax {}
    #[doc = include_str!("../../docs/coming-from/tokio-broadcast.md")]
    mod tokio_broadcast {}
    #[doc = include_str!("../../docs/coming-from/bus.md")]
    mod bus {}
    #[doc = include_str!("../../docs/coming-from/crossbeam-channel.md")]
    mod crossbeam_channel {}
}
