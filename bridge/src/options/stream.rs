//! How a stream is reached.

use core::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::access::{Access, Secret};
use super::storage::Storage;

/// How a stream is reached, and what it has to be like: for [`Stream::connect`](crate::Stream::connect).
///
/// # Examples
///
/// ```no_run
/// use broadring_jetstream::StreamOptions;
///
/// let stream = StreamOptions::new("orders")
///     .servers(["tls://a.example:4222", "tls://b.example:4222", "tls://c.example:4222"])
///     .credentials_file("/etc/orders.creds")
///     .create(true)
///     .connect()?;
/// # Ok::<(), broadring_jetstream::ConnectError>(())
/// ```
#[derive(Clone)]
#[must_use = "options do nothing until `connect` is called"]
pub struct StreamOptions {
    pub(crate) name: String,
    pub(crate) servers: Vec<String>,
    pub(crate) access: Access,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) require_tls: bool,
    pub(crate) create: bool,
    pub(crate) replicas: usize,
    pub(crate) storage: Storage,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) duplicate_window: Duration,
    pub(crate) timeout: Duration,
    pub(crate) allow_unsafe: bool,
}

impl StreamOptions {
    /// The stream with this name, at a server on this machine, with three replicas in files. It has to be there.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            servers: vec!["nats://127.0.0.1:4222".to_owned()],
            access: Access::default(),
            roots: Vec::new(),
            certificate: None,
            require_tls: false,
            create: false,
            replicas: 3,
            storage: Storage::File,
            max_bytes: None,
            max_age: None,
            duplicate_window: Duration::from_secs(120),
            timeout: Duration::from_secs(5),
            allow_unsafe: false,
        }
    }

    /// Sets the addresses of the servers: `nats://HOST:PORT`, or `tls://HOST:PORT`. One is enough to find the others.
    pub fn servers(self, servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { servers: servers.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets how one proves who one is.
    pub fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Proves who one is with a name and a password.
    pub fn password(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.access(Access::Password { user: user.into(), password: Secret::new(password) })
    }

    /// Proves who one is with a token.
    pub fn token(self, token: impl Into<String>) -> Self {
        self.access(Access::Token(Secret::new(token)))
    }

    /// Proves who one is with the seed of an NKey.
    pub fn nkey(self, seed: impl Into<String>) -> Self {
        self.access(Access::NKey(Secret::new(seed)))
    }

    /// Proves who one is with a file of credentials.
    pub fn credentials_file(self, file: impl Into<PathBuf>) -> Self {
        self.access(Access::CredentialsFile(file.into()))
    }

    /// Trusts the certificates in this file (PEM), and in other files that are given so, instead of those of the system.
    pub fn root_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.roots.push(file.into());
        self
    }

    /// Shows this certificate to the servers, with its key (both PEM).
    pub fn client_certificate(
        self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        Self { certificate: Some((certificate.into(), key.into())), ..self }
    }

    /// Sets whether TLS is used whatever the addresses say. Not unless set.
    pub fn require_tls(self, require: bool) -> Self {
        Self { require_tls: require, ..self }
    }

    /// Sets whether the stream is made if it is not there. Not unless set. One that is there is
    /// [checked](crate::UnsafeSetting), not changed.
    pub fn create(self, create: bool) -> Self {
        Self { create, ..self }
    }

    /// Sets how many servers have the stream. 3 unless set; fewer than three lose it with a single server.
    pub fn replicas(self, replicas: usize) -> Self {
        Self { replicas, ..self }
    }

    /// Sets where the servers keep the stream. In files unless set.
    pub fn storage(self, storage: Storage) -> Self {
        Self { storage, ..self }
    }

    /// Sets how many bytes of a stream that is made are kept; the oldest messages are removed then. All unless set.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { max_bytes: Some(bytes), ..self }
    }

    /// Sets how long messages of a stream that is made are kept. For ever unless set.
    ///
    /// Choose it far longer than the longest time in which nothing is published. A stream whose last message was removed
    /// [cannot go on](crate::RequestError::Emptied), because that message says how.
    pub fn max_age(self, age: Duration) -> Self {
        Self { max_age: Some(age), ..self }
    }

    /// Sets for how long the servers of a stream that is made drop repeated messages. Two minutes unless set; at least
    /// twice the [timeout](Self::timeout).
    pub fn duplicate_window(self, window: Duration) -> Self {
        Self { duplicate_window: window, ..self }
    }

    /// Sets how long an answer of the servers is waited for before the request counts as failed, and is tried again. 5
    /// seconds unless set.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets whether a stream is used although a setting of it is [unsafe](crate::UnsafeSetting). Not unless set.
    pub fn allow_unsafe(self, allow: bool) -> Self {
        Self { allow_unsafe: allow, ..self }
    }

    /// The subjects of its messages.
    pub(crate) fn subjects(&self) -> String {
        format!("broadring.{}.>", self.name)
    }

    /// The subject of its frames.
    pub(crate) fn frames(&self) -> String {
        format!("broadring.{}.frames", self.name)
    }

    /// The subject of its claims and resignations.
    pub(crate) fn claims(&self) -> String {
        format!("broadring.{}.claims", self.name)
    }

    /// The subject on which its writer says that it is there. What is said there is not stored.
    pub(crate) fn pulse(&self) -> String {
        format!("broadring-pulse.{}", self.name)
    }

    /// Where the servers are, without what their addresses say of who one is: the client would show that.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let bare = self.servers.iter().map(|server| match split(server) {
            (Some(scheme), _, host) => format!("{scheme}://{host}"),
            (None, _, host) => host.to_owned(),
        });
        bare.collect()
    }

    /// What the addresses say of who one is.
    fn in_addresses(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().filter_map(|server| split(server).1)
    }

    /// How one proves who one is, whether that is an option or in an address.
    pub(crate) fn identity(&self) -> Access {
        match (&self.access, self.in_addresses().find(|user| !user.is_empty())) {
            (Access::Open, Some(user)) => match user.split_once(':') {
                Some((user, password)) => Access::Password {
                    user: unescape(user),
                    password: Secret::new(unescape(password)),
                },
                None => Access::Token(Secret::new(unescape(user))),
            },
            (access, _) => access.clone(),
        }
    }

    /// Every secret that could get into somebody else's message.
    fn secrets(&self) -> Vec<String> {
        let parts = self.in_addresses().flat_map(|user| {
            // A name is no secret; a token, which stands alone, is.
            let password = user.split_once(':').map_or(user, |(_, password)| password);
            [user.to_owned(), password.to_owned(), unescape(password)]
        });
        let access = match &self.access {
            Access::Password { password, .. } => Some(password.reveal()),
            Access::Token(token) => Some(token.reveal()),
            Access::NKey(seed) => Some(seed.reveal()),
            Access::Open | Access::CredentialsFile(_) => None,
        };
        parts.chain(access).filter(|secret| !secret.is_empty()).collect()
    }

    /// Takes the secrets out of a text.
    pub(crate) fn redact(&self, text: impl ToString) -> String {
        let secrets = self.secrets();
        secrets.iter().fold(text.to_string(), |text, secret| text.replace(&**secret, "***"))
    }

    /// Where the servers are, without the secrets that an address may have.
    pub(crate) fn shown_servers(&self) -> String {
        let shown = self.servers.iter().map(|server| match split(server) {
            (Some(scheme), Some(_), host) => format!("{scheme}://***@{host}"),
            (None, Some(_), host) => format!("***@{host}"),
            (_, None, _) => server.clone(),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for StreamOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamOptions")
            .field("name", &self.name)
            .field("servers", &self.shown_servers())
            .field("access", &self.access)
            .field("replicas", &self.replicas)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// The scheme of an address, who one is there, and where that is.
fn split(server: &str) -> (Option<&str>, Option<&str>, &str) {
    let (scheme, rest) = match server.split_once("://") {
        // Otherwise it is in the middle of a password.
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            (Some(scheme), rest)
        }
        _ => (None, server),
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => (scheme, Some(user), host),
        None => (scheme, None, rest),
    }
}

/// What a part of an address stands for, in which `%40` is an `@`, and so on.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(0), digit(1))
        {
            bytes.push((high * 16 + low) as u8);
            rest = &behind[2..];
        } else {
            bytes.push(byte);
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
