//! What a stream has to be like.

use async_nats::jetstream::stream::{
    Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType,
};

use super::storage::Storage;
use super::stream::StreamOptions;

/// A setting of a stream with which events can be lost, or the protocol cannot tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsafeSetting {
    /// A server that is lost takes more with it than was asked for.
    #[error("it has {found} replicas, and {expected} were asked for")]
    Replicas {
        /// How many were asked for.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// It is gone when its servers are.
    #[error("it is kept in memory, and files were asked for")]
    Memory,
    /// Anybody may remove a message from the middle.
    #[error("messages of it can be deleted (deny_delete is off)")]
    Delete,
    /// Anybody may remove all messages.
    #[error("it can be purged (deny_purge is off)")]
    Purge,
    /// Nobody can claim it: a claim is several messages that are accepted together. Servers before 2.12 know no such.
    #[error(
        "it takes no messages together (allow_atomic is off, or the servers are older than 2.12)"
    )]
    Batches,
    /// A message may remove those before it.
    #[error("messages can remove those before them (allow_rollup_hdrs is on)")]
    Rollup,
    /// A repetition may be taken for a new message.
    #[error("repetitions are dropped for {found:?} only, and {expected:?} are needed")]
    DuplicateWindow {
        /// How long is needed at least.
        expected: std::time::Duration,
        /// How long it is.
        found: std::time::Duration,
    },
    /// Messages are removed when somebody has read them.
    #[error("messages are removed when they are read (its retention is not by limits)")]
    Retention,
    /// A full stream refuses messages instead of removing old ones. The replicas may do so when they apply a message that
    /// the leader has accepted, and then those behind it get other places than they expect.
    #[error("it refuses messages when it is full (its discard policy is not old)")]
    Discard,
    /// There are limits that remove messages from the middle.
    #[error("it keeps some messages of a subject only (max_msgs_per_subject)")]
    PerSubject,
    /// Messages may remove themselves.
    #[error("messages can have a time to live (allow_msg_ttl is on)")]
    MessageTtl,
    /// Publishing is not acknowledged.
    #[error("it does not acknowledge messages (no_ack is on)")]
    NoAck,
    /// Messages are acknowledged before they are in the file.
    #[error("messages are acknowledged before they are in the file (persist_mode is async)")]
    Async,
    /// It has messages of other streams.
    #[error("it takes messages from other streams (mirror, sources or a subject transform)")]
    OtherSources,
    /// It has other subjects than the protocol's.
    #[error("its subjects are {found:?} instead of {expected:?}")]
    Subjects {
        /// The subject that it has to have.
        expected: String,
        /// Those that it has.
        found: Vec<String>,
    },
    /// Nothing can be added.
    #[error("it is sealed")]
    Sealed,
}

/// The stream as it is made.
pub(crate) fn describe(options: &StreamOptions) -> Config {
    Config {
        name: options.name.clone(),
        subjects: vec![options.subjects()],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: match options.storage {
            Storage::File => StorageType::File,
            Storage::Memory => StorageType::Memory,
        },
        num_replicas: options.replicas,
        max_bytes: options.max_bytes.map_or(-1, |bytes| bytes.min(i64::MAX as u64) as i64),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_age: options.max_age.unwrap_or_default(),
        duplicate_window: options.duplicate_window,
        deny_delete: true,
        allow_atomic_publish: true,
        deny_purge: true,
        description: Some("a stream of broadring".to_owned()),
        ..Config::default()
    }
}

/// What is unsafe about a stream that is there.
pub(crate) fn check(config: &Config, options: &StreamOptions) -> Vec<UnsafeSetting> {
    let mut found = Vec::new();
    let mut find = |wrong: bool, setting: UnsafeSetting| {
        if wrong {
            found.push(setting);
        }
    };
    let (asked, replicas) = (options.replicas, config.num_replicas);
    find(replicas < asked, UnsafeSetting::Replicas { expected: asked, found: replicas });
    let memory = config.storage == StorageType::Memory && options.storage == Storage::File;
    find(memory, UnsafeSetting::Memory);
    find(!config.deny_delete, UnsafeSetting::Delete);
    find(!config.deny_purge, UnsafeSetting::Purge);
    find(!config.allow_atomic_publish, UnsafeSetting::Batches);
    find(config.allow_rollup, UnsafeSetting::Rollup);
    let (needed, window) = (options.timeout * 2, config.duplicate_window);
    find(window < needed, UnsafeSetting::DuplicateWindow { expected: needed, found: window });
    find(config.retention != RetentionPolicy::Limits, UnsafeSetting::Retention);
    // The servers give a sealed stream this policy.
    find(config.discard != DiscardPolicy::Old && !config.sealed, UnsafeSetting::Discard);
    find(config.max_messages_per_subject > 0, UnsafeSetting::PerSubject);
    find(config.allow_message_ttl, UnsafeSetting::MessageTtl);
    find(config.no_ack, UnsafeSetting::NoAck);
    find(matches!(config.persist_mode, Some(PersistenceMode::Async)), UnsafeSetting::Async);
    let sources = config.sources.as_ref().is_some_and(|sources| !sources.is_empty());
    let others = config.mirror.is_some() || sources || config.subject_transform.is_some();
    find(others, UnsafeSetting::OtherSources);
    let (expected, subjects) = (options.subjects(), config.subjects.clone());
    find(subjects != [&*expected], UnsafeSetting::Subjects { expected, found: subjects });
    find(config.sealed, UnsafeSetting::Sealed);
    found
}
