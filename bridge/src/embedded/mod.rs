//! A stream without servers: a log on this machine.

mod directory;

pub(crate) use directory::Embedded;
