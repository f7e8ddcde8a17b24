//! Groups: readers that share partitions.

mod assignment;
mod changes;
mod commits;
mod ending;
mod eviction;
mod model;
mod rig;
mod stress;
mod waiting;
