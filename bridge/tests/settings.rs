//! A stream is made as it has to be, and one that is not so is not used.

#![cfg(feature = "servers")]

mod common;

use std::time::Duration;

use async_nats::jetstream::stream::{
    Config, DiscardPolicy, PersistenceMode, RetentionPolicy, Source, StorageType, SubjectTransform,
};
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{ConnectError, Storage, StreamOptions, UnsafeSetting};

use common::raw::Raw;
use common::{connect, options, servers};

/// The settings of a stream that are unsafe, as connecting to it says; none if it connects.
fn unsafe_settings(options: StreamOptions, name: &str) -> Vec<UnsafeSetting> {
    match options.connect() {
        Ok(_) => Vec::new(),
        Err(error) => {
            let text = error.to_string();
            let ConnectError::Unsafe { name: found, settings } = error else { panic!("{text}") };
            assert_eq!(found, name);
            assert!(text.starts_with(&format!("the stream {name} is not safe: ")), "{text}");
            for setting in &settings {
                assert!(text.contains(&setting.to_string()), "{text}");
            }
            settings
        }
    }
}

/// A safe stream with one copy.
fn safe(raw: &Raw, name: &str) -> Config {
    Config {
        name: name.to_owned(),
        subjects: vec![format!("broadring.{name}.>")],
        ..raw.config("safe")
    }
}

fn with_safe_stream() -> Option<(Servers, Raw)> {
    let servers = servers(1)?;
    connect(&options(&servers, "safe"));
    let raw = Raw::new(&servers);
    Some((servers, raw))
}

#[test]
fn a_stream_that_is_not_there_is_made_only_if_that_is_wanted() {
    let Some(servers) = servers(1) else { return };
    connect(&options(&servers, "other"));
    for _ in 0..2 {
        let error = options(&servers, "s").create(false).connect().unwrap_err();
        assert!(matches!(&error, ConnectError::NoStream(name) if name == "s"), "{error}");
        assert_eq!(error.to_string(), "there is no stream s");
    }
    options(&servers, "s").create(true).connect().unwrap();
    let stream = options(&servers, "s").create(false).connect().unwrap();
    assert_eq!(stream.name(), "s");
}

#[test]
fn a_stream_that_is_made_is_safe() {
    for (count, replicas) in [(1, 1), (3, 3), (3, 2)] {
        let Some(servers) = servers(count) else { return };
        let stream = connect(&options(&servers, "s").replicas(replicas));
        let raw = Raw::new(&servers);
        let config = raw.config("s");
        assert_eq!(config.subjects, ["broadring.s.>"]);
        assert_eq!(config.num_replicas, replicas);
        assert_eq!(config.storage, StorageType::File);
        assert_eq!(config.retention, RetentionPolicy::Limits);
        assert_eq!(config.discard, DiscardPolicy::Old);
        assert_eq!(config.duplicate_window, Duration::from_secs(120));
        assert_eq!((config.deny_delete, config.deny_purge), (true, true));
        assert_eq!((config.allow_rollup, config.no_ack, config.sealed), (false, false, false));
        assert!(!config.allow_message_ttl);
        assert_eq!((config.max_bytes, config.max_messages), (-1, -1));
        assert_eq!((config.max_messages_per_subject, config.max_message_size), (-1, -1));
        assert_eq!(config.max_age, Duration::ZERO);
        assert!(config.mirror.is_none() && config.subject_transform.is_none());
        assert!(config.sources.is_none_or(|sources| sources.is_empty()));
        if count > 1 {
            assert_eq!(stream.status().unwrap().replicas.len(), replicas - 1);
        }
        // It is found again, and not changed, whatever would be made now.
        connect(&options(&servers, "s").replicas(1).max_bytes(7).duplicate_window(Duration::MAX));
        assert_eq!(raw.config("s").max_bytes, -1);
        // Fewer copies than are asked for are not enough, and more are.
        let more = options(&servers, "s").replicas(replicas + 1);
        let (expected, found) = (replicas + 1, replicas);
        assert_eq!(unsafe_settings(more, "s"), [UnsafeSetting::Replicas { expected, found }]);
    }
}

#[test]
fn limits_of_a_stream_that_is_made_are_those_that_are_asked_for() {
    let Some(servers) = servers(1) else { return };
    let limited = options(&servers, "s")
        .max_bytes(1_000_000)
        .max_age(Duration::from_secs(3600))
        .duplicate_window(Duration::from_secs(30))
        .storage(Storage::Memory);
    connect(&limited);
    let config = Raw::new(&servers).config("s");
    assert_eq!((config.max_bytes, config.max_age), (1_000_000, Duration::from_secs(3600)));
    assert_eq!(config.duplicate_window, Duration::from_secs(30));
    assert_eq!(config.storage, StorageType::Memory);
    // Memory is as good as files only for those who have asked for it.
    assert_eq!(unsafe_settings(limited, "s"), []);
    assert_eq!(unsafe_settings(options(&servers, "s"), "s"), [UnsafeSetting::Memory]);
}

#[test]
fn a_duplicate_window_that_is_too_short_for_the_timeout_is_refused_when_it_is_made_too() {
    let Some(servers) = servers(1) else { return };
    connect(&options(&servers, "other"));
    let short = options(&servers, "s").duplicate_window(Duration::from_secs(9));
    let (expected, found) = (Duration::from_secs(10), Duration::from_secs(9));
    let unsafe_window = [UnsafeSetting::DuplicateWindow { expected, found }];
    assert_eq!(unsafe_settings(short.clone(), "s"), unsafe_window);
    // It was not made either.
    let there = options(&servers, "s").create(false).connect();
    assert!(matches!(there, Err(ConnectError::NoStream(_))));
    connect(&short.clone().allow_unsafe(true));
    assert_eq!(unsafe_settings(short.clone(), "s"), unsafe_window);
    assert_eq!(unsafe_settings(short.timeout(Duration::from_millis(4500)), "s"), []);
}

#[test]
fn every_unsafe_setting_is_found() {
    let Some((servers, raw)) = with_safe_stream() else { return };
    raw.create(Config {
        name: "elsewhere".to_owned(),
        subjects: vec!["elsewhere".to_owned()],
        ..Config::default()
    });
    fn source() -> Source {
        Source { name: "elsewhere".to_owned(), ..Source::default() }
    }
    type Change = fn(&mut Config);
    let subjects = |name: &str, found: &[&str]| UnsafeSetting::Subjects {
        expected: format!("broadring.{name}.>"),
        found: found.iter().map(|&subject| subject.to_owned()).collect(),
    };
    let (expected, found) = (Duration::from_secs(10), Duration::from_secs(9));
    let window = UnsafeSetting::DuplicateWindow { expected, found };
    let cases: Vec<(&str, Change, Vec<UnsafeSetting>)> = vec![
        ("nothing", |_| {}, vec![]),
        ("delete", |config: &mut Config| config.deny_delete = false, vec![UnsafeSetting::Delete]),
        ("purge", |config: &mut Config| config.deny_purge = false, vec![UnsafeSetting::Purge]),
        // The servers want the one with the other.
        (
            "rollup",
            |config: &mut Config| (config.allow_rollup, config.deny_purge) = (true, false),
            vec![UnsafeSetting::Purge, UnsafeSetting::Rollup],
        ),
        (
            "memory",
            |config: &mut Config| config.storage = StorageType::Memory,
            vec![UnsafeSetting::Memory],
        ),
        (
            "window",
            |config: &mut Config| config.duplicate_window = Duration::from_secs(9),
            vec![window],
        ),
        (
            "queue",
            |config: &mut Config| config.retention = RetentionPolicy::WorkQueue,
            vec![UnsafeSetting::Retention],
        ),
        (
            "interest",
            |config: &mut Config| config.retention = RetentionPolicy::Interest,
            vec![UnsafeSetting::Retention],
        ),
        (
            "discard",
            |config: &mut Config| config.discard = DiscardPolicy::New,
            vec![UnsafeSetting::Discard],
        ),
        (
            "per-subject",
            |config: &mut Config| config.max_messages_per_subject = 1_000_000,
            vec![UnsafeSetting::PerSubject],
        ),
        (
            "ttl",
            |config: &mut Config| config.allow_message_ttl = true,
            vec![UnsafeSetting::MessageTtl],
        ),
        ("no-ack", |config: &mut Config| config.no_ack = true, vec![UnsafeSetting::NoAck]),
        (
            "batches",
            |config: &mut Config| config.allow_atomic_publish = false,
            vec![UnsafeSetting::Batches],
        ),
        // The servers do not take messages together then.
        (
            "async",
            |config: &mut Config| {
                config.persist_mode = Some(PersistenceMode::Async);
                config.allow_atomic_publish = false;
            },
            vec![UnsafeSetting::Batches, UnsafeSetting::Async],
        ),
        (
            "sources",
            |config: &mut Config| config.sources = Some(vec![source()]),
            vec![UnsafeSetting::OtherSources],
        ),
        (
            "transform",
            |config: &mut Config| {
                let (source, destination) = (">".to_owned(), "broadring.transform.x.>".to_owned());
                config.subject_transform = Some(SubjectTransform { source, destination });
            },
            vec![UnsafeSetting::OtherSources],
        ),
        (
            "mirror",
            |config: &mut Config| {
                config.subjects.clear();
                config.mirror = Some(source());
                config.allow_atomic_publish = false;
            },
            vec![UnsafeSetting::Batches, UnsafeSetting::OtherSources, subjects("mirror", &[])],
        ),
        (
            "fewer-subjects",
            |config: &mut Config| {
                config.subjects = vec!["broadring.fewer-subjects.frames".to_owned()]
            },
            vec![subjects("fewer-subjects", &["broadring.fewer-subjects.frames"])],
        ),
        (
            "more-subjects",
            |config: &mut Config| config.subjects.push("more".to_owned()),
            vec![subjects("more-subjects", &["broadring.more-subjects.>", "more"])],
        ),
        (
            "several",
            |config: &mut Config| {
                (config.deny_delete, config.deny_purge, config.no_ack) = (false, false, true);
                (config.storage, config.retention) =
                    (StorageType::Memory, RetentionPolicy::WorkQueue);
                config.max_messages_per_subject = 7;
            },
            vec![
                UnsafeSetting::Memory,
                UnsafeSetting::Delete,
                UnsafeSetting::Purge,
                UnsafeSetting::Retention,
                UnsafeSetting::PerSubject,
                UnsafeSetting::NoAck,
            ],
        ),
    ];
    for (name, change, expected) in cases {
        let mut config = safe(&raw, name);
        change(&mut config);
        raw.create(config.clone());
        assert_eq!(unsafe_settings(options(&servers, name), name), expected, "{name}");
        // Whoever knows what he does may use it; it stays as it is.
        let stream = options(&servers, name).allow_unsafe(true).connect().unwrap();
        assert_eq!(stream.name(), name);
        assert_eq!(raw.config(name).subjects, config.subjects);
    }
}

#[test]
fn a_stream_that_is_sealed_is_refused() {
    let Some((servers, raw)) = with_safe_stream() else { return };
    raw.update(Config { sealed: true, ..raw.config("safe") });
    assert_eq!(unsafe_settings(options(&servers, "safe"), "safe"), [UnsafeSetting::Sealed]);
    options(&servers, "safe").allow_unsafe(true).connect().unwrap();
}

#[test]
fn subjects_that_another_stream_has_are_an_error() {
    let Some((servers, raw)) = with_safe_stream() else { return };
    raw.create(Config {
        name: "greedy".to_owned(),
        subjects: vec!["broadring.s.*".to_owned()],
        ..Config::default()
    });
    let error = options(&servers, "s").connect().unwrap_err();
    assert!(matches!(&error, ConnectError::Create { name, .. } if name == "s"), "{error}");
    assert!(error.to_string().contains("subjects overlap"), "{error}");
}

#[test]
fn names_that_no_stream_can_have_are_refused_without_any_server() {
    for name in ["", " ", "a b", "a.b", "*", ">", "a*", "ä", "a/b", "a\\b", "a\n", "\0", "a:b"] {
        // Nobody listens there.
        let error = StreamOptions::new(name).servers(["nats://127.0.0.1:1"]).connect().unwrap_err();
        assert!(matches!(&error, ConnectError::Name(found) if found == name), "{error}");
    }
}

#[test]
fn long_names_are_right_or_an_error() {
    let Some(servers) = servers(1) else { return };
    connect(&options(&servers, "A-name_0"));
    connect(&options(&servers, &"n".repeat(200)));
    let error = options(&servers, &"n".repeat(300)).connect().unwrap_err();
    assert!(matches!(error, ConnectError::Create { .. } | ConnectError::Connect { .. }));
}

#[test]
fn no_server_is_an_error_and_no_wait() {
    let error = StreamOptions::new("s").servers(["nats://127.0.0.1:1"]).connect().unwrap_err();
    assert!(matches!(error, ConnectError::Connect { .. }));
    assert!(error.to_string().starts_with("cannot connect to nats://127.0.0.1:1: "), "{error}");
    let none: [&str; 0] = [];
    assert!(StreamOptions::new("s").servers(none).connect().is_err());
    assert!(StreamOptions::new("s").servers(["http://127.0.0.1"]).connect().is_err());
}
