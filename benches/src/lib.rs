//! Measurements of broadring and of the libraries that it is compared with.

pub mod core_to_core;
pub mod cores;
pub mod event;
pub mod figure;
pub mod graph;
pub mod harness;
pub mod latency;
pub mod machine;
pub mod producers;
pub mod subject;
pub mod subjects;
pub mod throughput;
