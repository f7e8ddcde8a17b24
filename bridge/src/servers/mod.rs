//! Servers on this machine, to try things out and for tests: real processes of `nats-server`, in one cluster, on ports
//! that are free. Three of them on one machine are no safer than one.
//!
//! ```no_run
//! use broadring_jetstream::StreamOptions;
//! use broadring_jetstream::servers::Servers;
//!
//! let mut servers = Servers::start(3)?;
//! let stream = StreamOptions::new("orders").servers(servers.urls()).create(true).connect()?;
//! servers.kill(0)?; // two of three are enough
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod node;
mod set;

pub use set::{Servers, ServersBuilder, ServersError, find_program};
