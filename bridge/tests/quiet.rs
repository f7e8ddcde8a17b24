//! A stream in which nothing happens for longer than its servers remember message ids.

#![cfg(feature = "servers")]

mod common;

use std::thread;
use std::time::Duration;

use broadring::Ring;
use broadring_jetstream::Shipper;
use broadring_log::codec::Postcard;

use common::{PATIENCE, connect, options, servers};

/// Lets a writer be silent, then restarts the servers with the leader first, one after the other.
fn goes_on_after_silence(count: usize) {
    let Some(mut servers) = servers(count) else { return };
    // The shortest window that is safe with this timeout.
    let options = options(&servers, "quiet")
        .timeout(Duration::from_secs(1))
        .duplicate_window(Duration::from_secs(2));
    let stream = connect(&options);
    let leadership = stream.candidate("a").claim().unwrap();
    let (mut writer, ring) = Ring::builder(64).build(|| 0_u64);
    let shipper = Shipper::builder(leadership, Postcard::new(0)).start(&ring).unwrap();
    writer.publish(0);
    assert!(shipper.wait_acknowledged(1, PATIENCE));
    for round in 1..=count as u64 {
        thread::sleep(Duration::from_secs(4));
        let leader = stream.status().unwrap().leader;
        let leader = leader.and_then(|leader| servers.position(&leader)).unwrap_or(0);
        servers.restart(leader).unwrap();
        writer.publish(round);
        assert!(shipper.wait_acknowledged(round + 1, PATIENCE), "{:?}", shipper.stats());
    }
    assert_eq!(shipper.stats().epoch, 1);
    drop(writer);
    shipper.join().unwrap();
}

#[test]
fn a_writer_goes_on_after_silence_and_a_restart_of_the_server() {
    goes_on_after_silence(1);
}

#[test]
fn a_writer_goes_on_after_silence_and_with_another_leader() {
    goes_on_after_silence(3);
}
