//! `status`: the stream, its writer, its servers, its mirrors.

use std::io::{self, Write};

use broadring_jetstream::StreamStatus;
use clap::Args;

use crate::connection::Connection;

/// Show the stream, its writer, its servers and its mirrors
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,

    /// As one object of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let status = options.connection.connect()?.status()?;
    let mut out = io::stdout().lock();
    if options.json {
        serde_json::to_writer(&mut out, &status)?;
        writeln!(out)?;
    } else {
        print(&mut out, &status)?;
    }
    Ok(())
}

fn print(out: &mut impl Write, status: &StreamStatus) -> io::Result<()> {
    let row = |out: &mut dyn Write, name: &str, value: String| writeln!(out, "{name:10} {value}");
    row(out, "stream", status.name.clone())?;
    row(out, "identity", status.id.clone().unwrap_or_else(|| "none yet".to_owned()))?;
    let writer = match (&status.writer, status.resigned) {
        _ if status.epoch == 0 => "none yet".to_owned(),
        (Some(writer), false) => writer.clone(),
        (Some(writer), true) => format!("none; {writer} has given it back"),
        (None, false) => "the process that has the log open".to_owned(),
        (None, true) => "none".to_owned(),
    };
    row(out, "writer", writer)?;
    row(out, "epoch", status.epoch.to_string())?;
    row(out, "events", format!("{} to {}", status.oldest, status.next))?;
    row(out, "size", format!("{} messages, {} bytes", status.messages, status.bytes))?;
    if let Some(leader) = &status.leader {
        row(out, "leader", leader.clone())?;
    }
    for replica in &status.replicas {
        let state = match (replica.offline, replica.current) {
            (true, _) => "is offline".to_owned(),
            (false, true) => "has everything".to_owned(),
            (false, false) => format!("lags by {} messages", replica.lag),
        };
        row(out, "replica", format!("{} {state}", replica.name))?;
    }
    for mirror in &status.mirrors {
        row(out, "mirror", format!("{} lags by {} messages", mirror.name, mirror.lag))?;
    }
    Ok(())
}
