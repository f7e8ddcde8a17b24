//! What the command `bridge` is made of works: every event arrives, whoever sends it, and processes of its own do what
//! they are to do. Needs `nats-server`: without one, nothing is tested, except where `CI` is set.
#![cfg(feature = "bridge")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use broadring_benches::bridge::bare::{Bare, chained, plain};
use broadring_benches::bridge::cluster::{Cluster, connect};
use broadring_benches::bridge::errand::{Errand, Helper, Task};
use broadring_benches::bridge::event::{Event, LAST, MEASURED, WARM_UP, append, event, timeless};
use broadring_benches::bridge::ours::{Ours, Shape};
use broadring_jetstream::servers::find_program;

const PROGRAM: &str = env!("CARGO_BIN_EXE_broadring-benches");

const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the servers, if there are any.
fn cluster() -> Option<Cluster> {
    if find_program().is_none() {
        assert!(std::env::var_os("CI").is_none(), "there is no nats-server, and this is CI");
        eprintln!("SKIPPED: there is no nats-server on the path, nor where NATS_SERVER says");
        return None;
    }
    Some(Cluster::start().expect("the servers start"))
}

fn helper(cluster: &Cluster, task: Task, stream: &str) -> Helper {
    let errand = Errand { task, urls: cluster.urls().to_vec(), stream: stream.to_owned() };
    errand.start(Path::new(PROGRAM)).expect("it starts")
}

fn bytes(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(event, &mut bytes);
    bytes
}

#[test]
fn another_process_reads_every_event_that_was_shipped() {
    let Some(cluster) = cluster() else { return };
    let stream = connect(cluster.urls(), "ours").expect("it connects");
    let shape = Shape { events: 16, window: 8 };
    let mut ours = Ours::start(&stream, shape.window(), shape.capacity()).expect("it starts");
    let mut publish = |meaning, count| {
        for _ in 0..count {
            ours.publish(|number| event(number, meaning)).expect("it ships");
        }
        ours.acknowledged(PATIENCE).expect("it is acknowledged");
    };
    publish(WARM_UP, 1);
    let mut reader = helper(&cluster, Task::Mirror, "ours");
    reader.ready().expect("it reads");
    publish(MEASURED, 1000);
    publish(LAST, 1);
    let found = reader.latencies().expect("it has read all");
    assert_eq!(found.count, 1000);
    assert!(found.p50 > 0.0 && found.p50 <= found.p99, "{found:?}");
    let stats = ours.shipper.stats();
    assert!(stats.frames >= 1000 / 16, "no frame has more than 16 events: {stats:?}");
    ours.end().expect("it gives the stream back");
    cluster.remove("ours").expect("it can be removed");
}

#[test]
fn another_process_reads_every_event_of_the_client_alone() {
    let Some(cluster) = cluster() else { return };
    let bare = Bare::connect(cluster.urls()).expect("it connects");
    bare.create("single").expect("it is made");
    bare.publish("single", bytes(&event(0, WARM_UP)).into()).expect("it is acknowledged");
    let mut reader = helper(&cluster, Task::Read, "single");
    reader.ready().expect("it reads");
    for number in 1..=100 {
        let event = bytes(&event(number, MEASURED));
        bare.publish("single", event.into()).expect("it is acknowledged");
    }
    bare.publish("single", bytes(&event(101, LAST)).into()).expect("it is acknowledged");
    assert_eq!(reader.latencies().expect("it has read all").count, 100);
}

#[test]
fn the_client_alone_sends_with_and_without_expectations() {
    let Some(cluster) = cluster() else { return };
    let bare = Bare::connect(cluster.urls()).expect("it connects");
    for name in ["plain", "chained"] {
        bare.create(name).expect("it is made");
        let sent = bare.publish_for(name, Duration::from_millis(50), 10, |number| {
            let payload = bytes(&timeless(number)).into();
            match name {
                "plain" => plain(payload),
                _ => chained(name, payload, number),
            }
        });
        let sent = sent.expect("all are acknowledged");
        assert!(sent.messages > 0 && !sent.took.is_zero(), "{sent:?}");
        assert_eq!(bare.messages(name).expect("the servers answer"), sent.messages);
    }
}

#[test]
fn a_message_that_does_not_follow_the_one_before_is_an_error() {
    let Some(cluster) = cluster() else { return };
    let bare = Bare::connect(cluster.urls()).expect("it connects");
    bare.create("gap").expect("it is made");
    let sent = bare.publish_for("gap", Duration::from_millis(50), 10, |number| {
        chained("gap", bytes(&timeless(number)).into(), number * 2)
    });
    assert!(sent.is_err(), "{sent:?}");
}

#[test]
fn a_quick_run_measures_everything() {
    if cluster().is_none() {
        return;
    }
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let json = dir.join("bridge.json");
    let output = Command::new(PROGRAM)
        .args(["bridge", "--quick", "--turn", "100", "--events", "20", "--mirrors", "2"])
        .args(["--shapes", "16x16", "--patience", "600", "--json"])
        .arg(&json)
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let json = std::fs::read_to_string(json).expect("it is there");
    let found: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let results = found["results"].as_array().expect("they are a list");
    let names: Vec<_> = results.iter().map(|result| &result["name"]).collect();
    assert_eq!(names, ["throughput", "latency", "latency", "mirrors", "takeover", "outage"]);
    for result in results {
        for standing in result["standings"].as_array().expect("they are a list") {
            for figure in standing["figures"].as_array().expect("they are a list") {
                assert!(figure["median"].as_f64().is_some_and(|value| value > 0.0), "{result}");
            }
        }
    }
}

#[test]
fn without_servers_it_says_what_is_missing() {
    let output = Command::new(PROGRAM)
        .args(["bridge", "--quick"])
        .env("NATS_SERVER", "")
        .env("PATH", "/nowhere")
        .output()
        .expect("it starts");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no nats-server on the path"), "{said}");
    assert!(said.contains("NATS_SERVER"), "{said}");
}
