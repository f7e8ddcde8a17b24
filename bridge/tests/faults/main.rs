//! What was acknowledged is there, once and in order, and everybody gets on again: whatever happens to servers, links,
//! writers and mirrors. Three real servers, under load all the time; the faults are drawn from a seed.
//!
//! `BROADRING_FAULTS=n` makes so many faults in all, instead of 120; `BROADRING_SEED=n` draws the same faults again, as
//! far as the system's scheduling can be repeated.

mod cluster;
mod events;
mod link;
mod load;
mod plan;
mod process;
mod processes;
mod raw;
mod servers;
mod watch;
mod witness;

/// How many tests share the faults.
const TESTS: u64 = 3;

#[test]
fn servers_may_die_stop_and_come_back() {
    servers::run("servers", &servers::SERVERS);
}

#[test]
fn processes_may_die_stop_and_come_back() {
    processes::run("processes");
}

#[test]
fn links_may_be_slow_and_cut() {
    servers::run("links", &servers::LINKS);
}
