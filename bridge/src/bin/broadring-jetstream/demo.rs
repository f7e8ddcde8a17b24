//! `demo`: everything at once, on this machine.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use broadring_jetstream::servers::{Servers, ServersError};
use broadring_jetstream::{Stream, StreamOptions};
use clap::Args;

use crate::digest::Digest;
use crate::failure::GET_A_SERVER;

/// The name of the stream.
const STREAM: &str = "demo";

/// How many servers there are.
const SERVERS: usize = 3;

/// How long the servers may take to find a leader.
const PATIENCE: Duration = Duration::from_secs(30);

/// Start three servers on this machine, ship a file, kill the leader in the middle, and compare what two mirrors have seen
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The file whose lines are shipped
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Without servers: the stream is a log on this machine
    #[arg(long)]
    embedded: bool,
}

/// A process of this program.
struct Process {
    name: &'static str,
    child: Child,
}

impl Process {
    fn start(name: &'static str, arguments: &[String]) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("where this program is")?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child })
    }

    fn input(&mut self) -> anyhow::Result<ChildStdin> {
        self.child.stdin.take().context("it has an input")
    }

    /// Waits for its end, and returns what it has said.
    fn join(mut self) -> anyhow::Result<String> {
        let mut said = String::new();
        self.child.stdout.take().context("it has an output")?.read_to_string(&mut said)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "{} has failed ({status})", self.name);
        Ok(said.trim().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended, unless something went wrong: then nobody needs it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let text = fs::read(&options.file)
        .with_context(|| format!("cannot read {}", options.file.display()))?;
    let lines: Vec<_> = lines(&text).collect();
    ensure!(lines.len() >= 2, "{} has fewer than two lines", options.file.display());
    let directory = tempfile::tempdir().context("cannot make a directory")?;
    let mut place = if options.embedded {
        Place::Log(directory.path().join("stream").display().to_string())
    } else {
        let servers = match Servers::builder(SERVERS).directory(directory.path()).start() {
            Err(ServersError::NoProgram) => bail!(
                "there is no nats-server on the path; {GET_A_SERVER}; \
                 or see how it goes on one machine without servers: demo --embedded FILE"
            ),
            servers => servers?,
        };
        println!("started {SERVERS} servers on this machine");
        Place::Servers(servers)
    };
    let stream = place.connect()?;

    let mut mirrors = Vec::new();
    for name in ["mirror-1", "mirror-2"] {
        let arguments = ["mirror", "--digest", "--until-resigned", "--quiet", "--name", name];
        mirrors.push(Process::start(name, &place.extend(&arguments))?);
    }
    let arguments = ["ship", "--name", "writer", "--quiet", "--patience", "1"];
    let mut shipper = Process::start("writer", &place.extend(&arguments))?;

    let mut digest = Digest::default();
    let mut input = shipper.input()?;
    let start = Instant::now();
    let half = lines.len() / 2;
    for (sequence, line) in lines.iter().enumerate() {
        if sequence == half {
            place.strike(&stream)?;
        }
        digest.add(sequence as u64, line);
        input
            .write_all(line)
            .and_then(|()| input.write_all(b"\n"))
            .context("the writer has gone")?;
    }
    drop(input);
    shipper.join()?;
    println!("published {} lines in {:.1} s", lines.len(), start.elapsed().as_secs_f64());
    let published = digest.to_string();
    println!("published {published}");
    let mut agree = true;
    for mirror in mirrors {
        let name = mirror.name;
        let seen = mirror.join()?;
        println!("{name:9} {seen}");
        agree &= seen == published;
    }
    ensure!(agree, "the digests differ");
    println!("all have seen the same lines in the same order, each once");
    io::stdout().flush()?;
    Ok(())
}

/// The lines of a text, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|&byte| byte == b'\n')
}

/// Where the stream is.
enum Place {
    Servers(Servers),
    Log(String),
}

impl Place {
    /// Adds to the arguments of a process where the stream is.
    fn extend(&self, arguments: &[&str]) -> Vec<String> {
        let own = match self {
            Self::Servers(servers) => vec![
                "--stream".to_owned(),
                STREAM.to_owned(),
                "--connect-for".to_owned(),
                PATIENCE.as_secs().to_string(),
                "--server".to_owned(),
                servers.urls().join(","),
            ],
            Self::Log(directory) => vec!["--embedded".to_owned(), directory.clone()],
        };
        arguments.iter().map(ToString::to_string).chain(own).collect()
    }

    /// Connects, and makes the stream.
    fn connect(&self) -> anyhow::Result<Stream> {
        let servers = match self {
            Self::Servers(servers) => servers,
            Self::Log(directory) => return Ok(Stream::embedded(Path::new(directory))),
        };
        let options = StreamOptions::new(STREAM).servers(servers.urls()).create(true);
        let until = Instant::now() + PATIENCE;
        loop {
            match options.clone().connect() {
                // They do not have a leader yet.
                Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(200)),
                connected => return Ok(connected?),
            }
        }
    }

    /// Kills the leader.
    fn strike(&mut self, stream: &Stream) -> anyhow::Result<()> {
        if let Self::Servers(servers) = self {
            let leader = stream.status()?.leader.context("there is a leader")?;
            let position = servers.position(&leader).context("it is one of ours")?;
            servers.kill(position)?;
            println!("killed {leader}, which led the stream, in the middle");
        }
        Ok(())
    }
}
