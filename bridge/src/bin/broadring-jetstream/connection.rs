//! How the stream is reached: the options that all commands have.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use broadring_jetstream::{ConnectError, Storage, Stream, StreamOptions};
use clap::{Args, ValueEnum};

/// How long to wait before one connects again.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Args, Clone, Debug)]
pub(crate) struct Connection {
    /// The name of the stream
    #[arg(long, default_value = "broadring", value_name = "NAME")]
    pub(crate) stream: String,

    /// The servers; one is enough to find the others
    #[arg(
        long = "server",
        env = "NATS_URL",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "URL,URL...",
        default_value = "nats://127.0.0.1:4222"
    )]
    servers: Vec<String>,

    /// A log on this machine instead of servers
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "servers")]
    pub(crate) embedded: Option<PathBuf>,

    /// A file of credentials (.creds)
    #[arg(long, value_name = "FILE", group = "access")]
    creds: Option<PathBuf>,

    /// The name of the user; the password is the first line of --password-file
    #[arg(long, value_name = "NAME", requires = "password_file", group = "access")]
    user: Option<String>,

    /// A file with the password of the user
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,

    /// A file with a token
    #[arg(long, value_name = "FILE", group = "access")]
    token_file: Option<PathBuf>,

    /// A file with the seed of an NKey
    #[arg(long, value_name = "FILE", group = "access")]
    nkey_file: Option<PathBuf>,

    /// A file with the certificates to trust instead of those of the system (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// A certificate to show to the servers (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Use TLS whatever the addresses say
    #[arg(long)]
    tls: bool,

    /// Make the stream if it is not there
    #[arg(long)]
    create: bool,

    /// How many servers have the stream
    #[arg(long, default_value_t = 3, value_name = "COUNT")]
    replicas: usize,

    /// Where the servers keep a stream that is made
    #[arg(long, default_value = "file")]
    storage: StorageChoice,

    /// How many bytes of a stream that is made are kept
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<u64>,

    /// How long the messages of a stream that is made are kept, in seconds
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u64>,

    /// Use the stream although a setting of it is not safe
    #[arg(long)]
    allow_unsafe: bool,

    /// How long an answer of the servers is waited for, in seconds
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS")]
    timeout: f64,

    /// How long to try to connect, in seconds
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS")]
    connect_for: f64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StorageChoice {
    File,
    Memory,
}

/// A number of seconds from the command line.
pub(crate) fn seconds(seconds: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(seconds).with_context(|| format!("{seconds} is no time in seconds"))
}

/// The first line of a file.
fn secret(file: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

impl Connection {
    /// What the command line says of the stream.
    pub(crate) fn options(&self) -> anyhow::Result<StreamOptions> {
        let mut options = StreamOptions::new(&self.stream)
            .servers(&self.servers)
            .create(self.create)
            .replicas(self.replicas)
            .storage(match self.storage {
                StorageChoice::File => Storage::File,
                StorageChoice::Memory => Storage::Memory,
            })
            .timeout(seconds(self.timeout)?)
            .require_tls(self.tls)
            .allow_unsafe(self.allow_unsafe);
        if let Some(bytes) = self.max_bytes {
            options = options.max_bytes(bytes);
        }
        if let Some(age) = self.max_age {
            options = options.max_age(Duration::from_secs(age));
        }
        if let Some(file) = &self.creds {
            options = options.credentials_file(file);
        }
        if let (Some(user), Some(file)) = (&self.user, &self.password_file) {
            options = options.password(user, secret(file)?);
        }
        if let Some(file) = &self.token_file {
            options = options.token(secret(file)?);
        }
        if let Some(file) = &self.nkey_file {
            options = options.nkey(secret(file)?);
        }
        if let Some(file) = &self.ca {
            options = options.root_certificate(file);
        }
        if let (Some(certificate), Some(key)) = (&self.cert, &self.key) {
            options = options.client_certificate(certificate, key);
        }
        Ok(options)
    }

    /// Connects, again and again for as long as that may take.
    pub(crate) fn connect(&self) -> anyhow::Result<Stream> {
        if let Some(directory) = &self.embedded {
            return Ok(Stream::embedded(directory));
        }
        let until = Instant::now() + seconds(self.connect_for)?;
        let options = self.options()?;
        loop {
            match options.clone().connect() {
                Err(
                    ConnectError::Connect { .. }
                    | ConnectError::Create { .. }
                    | ConnectError::NoStream(_),
                ) if Instant::now() < until => thread::sleep(PAUSE),
                connected => return Ok(connected?),
            }
        }
    }
}
