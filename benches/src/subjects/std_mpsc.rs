//! The standard library: a bounded channel for each reader.

use std::sync::mpsc;

use super::channels::channel_for_each_reader;
use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

channel_for_each_reader! {
    /// In [`Mode::Park`] its blocking calls, which spin for a moment first, else its trying
    /// ones. Only the sender could add a channel, so no reader joins while it is at work.
    StdMpsc: "std mpsc", mpsc, sync_channel, SyncSender
}
