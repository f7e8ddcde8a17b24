//! A stream at its servers.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_nats::ConnectOptions;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, ErrorCode, context};
use broadring_log::LogId;
use tokio::runtime::{Builder, Runtime};
use tokio::time::error::Elapsed;

use super::error::ConnectError;
use crate::options::{Access, StreamOptions, check, describe};

/// How many messages may be on their way at most, over all handles of a stream.
const IN_FLIGHT: usize = 16 * 1024;

/// How long a server may take to let one in, before another one is tried.
const CONNECTING: Duration = Duration::from_secs(2);

/// What all handles of a stream have in common.
pub(crate) struct Shared {
    pub(crate) options: StreamOptions,
    pub(crate) client: async_nats::Client,
    pub(crate) context: jetstream::Context,
    pub(crate) stream: jetstream::stream::Stream<()>,
    /// Which stream it is. Known when there is a message in it.
    pub(crate) id: OnceLock<LogId>,
    /// None while it is being shut down.
    runtime: Option<Runtime>,
}

impl Shared {
    /// Runs something on the thread of the stream.
    pub(crate) fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.runtime().spawn(task)
    }

    /// Waits for something.
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime().block_on(future)
    }

    /// Waits for an answer, but not for ever: the client does, for some, while there is no server.
    pub(crate) async fn limit<F: Future>(&self, answer: F) -> Result<F::Output, Elapsed> {
        tokio::time::timeout(self.options.timeout, answer).await
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Without waiting, so that a task may drop it.
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    /// Connects to the servers, and makes or checks the stream.
    #[track_caller]
    pub(crate) fn connect(options: StreamOptions) -> Result<Arc<Self>, ConnectError> {
        let name = &options.name;
        let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(ConnectError::Name(options.name));
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(format!("jetstream/{name}"))
            .enable_all()
            .build()
            .map_err(ConnectError::Thread)?;
        let connected = runtime.block_on(connect(&options));
        match connected {
            Ok((client, context, stream)) => Ok(Arc::new(Self {
                options,
                client,
                context,
                stream,
                id: OnceLock::new(),
                runtime: Some(runtime),
            })),
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }
}

type Connected = (async_nats::Client, jetstream::Context, jetstream::stream::Stream<()>);

async fn connect(options: &StreamOptions) -> Result<Connected, ConnectError> {
    let client =
        client_options(options).await?.connect(options.addresses()).await.map_err(|error| {
            ConnectError::Connect {
                servers: options.shown_servers(),
                reason: options.redact(error),
            }
        })?;
    let context = context::ContextBuilder::new()
        .timeout(options.timeout)
        .max_ack_inflight(IN_FLIGHT)
        .build(client.clone());
    let config = match context.get_stream(&options.name).await {
        Ok(stream) => stream.cached_info().config.clone(),
        Err(error) => {
            let missing = matches!(
                error.kind(),
                context::GetStreamErrorKind::JetStream(reason)
                    if reason.error_code() == ErrorCode::STREAM_NOT_FOUND
            );
            if !missing {
                return Err(ConnectError::Connect {
                    servers: options.shown_servers(),
                    reason: options.redact(error),
                });
            }
            if !options.create {
                return Err(ConnectError::NoStream(options.name.clone()));
            }
            let described = describe(options);
            // One that would be refused is not made.
            safe(&described, options)?;
            let made = context.get_or_create_stream(described).await;
            let made = made.map_err(|error| ConnectError::Create {
                name: options.name.clone(),
                reason: options.redact(error),
            })?;
            made.cached_info().config.clone()
        }
    };
    safe(&config, options)?;
    let stream = context.get_stream_no_info(&options.name).await.map_err(|error| {
        ConnectError::Connect { servers: options.shown_servers(), reason: options.redact(error) }
    })?;
    Ok((client, context, stream))
}

/// Refuses a stream in which events could be lost, unless that is allowed.
fn safe(config: &Config, options: &StreamOptions) -> Result<(), ConnectError> {
    let settings = check(config, options);
    if settings.is_empty() || options.allow_unsafe {
        return Ok(());
    }
    Err(ConnectError::Unsafe { name: options.name.clone(), settings })
}

async fn client_options(options: &StreamOptions) -> Result<ConnectOptions, ConnectError> {
    let mut client = ConnectOptions::new()
        .name("broadring")
        .connection_timeout(options.timeout.min(CONNECTING))
        .request_timeout(Some(options.timeout))
        // A server that has stopped answering is left.
        .ping_interval(Duration::from_secs(2))
        // The waits of the client grow to many seconds otherwise.
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(if attempts < 2 { 0 } else { 250 })
        })
        .require_tls(options.require_tls);
    client = match &options.identity() {
        Access::Open => client,
        Access::Password { user, password } => {
            client.user_and_password(user.clone(), password.reveal())
        }
        Access::Token(token) => client.token(token.reveal()),
        Access::NKey(seed) => client.nkey(seed.reveal()),
        Access::CredentialsFile(file) => client
            .credentials_file(file)
            .await
            .map_err(|error| ConnectError::Credentials(format!("{}: {error}", file.display())))?,
    };
    for root in &options.roots {
        client = client.add_root_certificates(root.clone());
    }
    if let Some((certificate, key)) = &options.certificate {
        client = client.add_client_certificate(certificate.clone(), key.clone());
    }
    Ok(client)
}
