//! Servers that belong together.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::node::{Node, free_ports};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the program is called.
const PROGRAM: &str = "nats-server";

/// The variable that says where the program is, if it is not on the path.
const VARIABLE: &str = "NATS_SERVER";

/// Where `nats-server` is: where the environment variable `NATS_SERVER` says, or on the path.
pub fn find_program() -> Option<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(PROGRAM)).find(|file| file.is_file())
}

/// Servers that cannot be started, or not be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServersError {
    /// The program is not there.
    #[error("there is no nats-server on the path")]
    NoProgram,
    /// The system refuses.
    #[error("cannot {action}: {source}")]
    System {
        /// What was to be done.
        action: &'static str,
        /// Why that cannot be.
        source: io::Error,
    },
    /// A server does not start.
    #[error("the server {name} does not start: {said}")]
    Start {
        /// Its name.
        name: String,
        /// What it has said last.
        said: String,
    },
}

fn system(action: &'static str) -> impl FnOnce(io::Error) -> ServersError {
    move |source| ServersError::System { action, source }
}

/// Describes servers before they are started: from [`Servers::builder`].
#[derive(Clone, Debug)]
#[must_use = "a description does nothing until `start` is called"]
pub struct ServersBuilder {
    count: usize,
    program: Option<PathBuf>,
    directory: Option<PathBuf>,
    sync_always: bool,
    extra: String,
}

impl ServersBuilder {
    /// Sets where the program is. It is [looked for](find_program) unless set.
    pub fn program(self, program: impl Into<PathBuf>) -> Self {
        Self { program: Some(program.into()), ..self }
    }

    /// Sets where the files of the servers are. In a directory that is removed in the end unless set.
    pub fn directory(self, directory: impl Into<PathBuf>) -> Self {
        Self { directory: Some(directory.into()), ..self }
    }

    /// Sets whether a message is on the disk before it is acknowledged, and not only in the memory of most servers. Not
    /// unless set: then they sync every two minutes.
    pub fn sync_always(self, sync_always: bool) -> Self {
        Self { sync_always, ..self }
    }

    /// Adds something to the configuration of every server, in its own language.
    pub fn configuration(self, extra: impl Into<String>) -> Self {
        Self { extra: extra.into(), ..self }
    }

    /// Starts them, and returns when all of them take connections. It may take them some seconds more to find a leader.
    ///
    /// # Errors
    ///
    /// [`ServersError`].
    pub fn start(self) -> Result<Servers, ServersError> {
        let program = self.program.clone().or_else(find_program).ok_or(ServersError::NoProgram)?;
        let temporary = match &self.directory {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(system("make a directory"))?),
        };
        let directory = match (&self.directory, &temporary) {
            (Some(directory), _) => directory.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => unreachable!("one of them is there"),
        };
        let ports = free_ports(self.count * 2).map_err(system("find a free port"))?;
        let (clients, routes) = ports.split_at(self.count);
        let nodes = clients.iter().enumerate().map(|(index, &port)| {
            let name = format!("n{}", index + 1);
            let config = self.configure(&directory, &name, port, routes[index], routes);
            Node::new(&directory, name, port, &config)
        });
        let nodes = nodes.collect::<io::Result<_>>().map_err(system("write a configuration"))?;
        let mut servers = Servers { nodes, program, _temporary: temporary };
        for index in 0..self.count {
            servers.launch(index)?;
        }
        for index in 0..self.count {
            servers.wait(index)?;
        }
        Ok(servers)
    }

    fn configure(
        &self,
        directory: &Path,
        name: &str,
        port: u16,
        route: u16,
        routes: &[u16],
    ) -> String {
        let store = directory.join(name).join("store");
        let sync = if self.sync_always { ", sync_interval: always" } else { "" };
        let mut config = format!(
            "server_name: {name}\nlisten: 127.0.0.1:{port}\n\
             jetstream {{ store_dir: {:?}{sync} }}\n",
            store.display().to_string()
        );
        if self.count > 1 {
            let others: Vec<_> =
                routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
            config.push_str(&format!(
                "cluster {{ name: broadring, listen: 127.0.0.1:{route}, routes: [{}] }}\n",
                others.join(", ")
            ));
        }
        config.push_str(&self.extra);
        config
    }
}

/// Real servers on this machine, in one cluster. Dropping them kills them.
#[derive(Debug)]
pub struct Servers {
    nodes: Vec<Node>,
    program: PathBuf,
    _temporary: Option<TempDir>,
}

impl Servers {
    /// Describes so many servers.
    pub fn builder(count: usize) -> ServersBuilder {
        ServersBuilder {
            count,
            program: None,
            directory: None,
            sync_always: false,
            extra: String::new(),
        }
    }

    /// Starts so many servers, with their files in a directory that is removed in the end.
    ///
    /// # Errors
    ///
    /// [`ServersError`].
    pub fn start(count: usize) -> Result<Self, ServersError> {
        Self::builder(count).start()
    }

    /// How many there are, running or not.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Their addresses.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| format!("nats://127.0.0.1:{}", node.port)).collect()
    }

    /// The port of one of them.
    pub fn port(&self, index: usize) -> u16 {
        self.nodes[index].port
    }

    /// Which of them has this name, which [status](crate::StreamStatus::leader) shows: `n1`, `n2`, and so on.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// Whether one of them has a process.
    pub fn is_running(&self, index: usize) -> bool {
        self.nodes[index].is_running()
    }

    /// Kills one of them with SIGKILL. Its files stay.
    ///
    /// # Errors
    ///
    /// [`ServersError::System`].
    pub fn kill(&mut self, index: usize) -> Result<(), ServersError> {
        self.nodes[index].kill().map_err(system("kill a server"))
    }

    /// Starts one of them again, on the same port and with its files, and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// [`ServersError`].
    pub fn restart(&mut self, index: usize) -> Result<(), ServersError> {
        self.kill(index)?;
        self.launch(index)?;
        self.wait(index)
    }

    /// Stops one of them with SIGSTOP: it keeps its connections, and does nothing.
    ///
    /// # Errors
    ///
    /// [`ServersError::System`].
    pub fn pause(&self, index: usize) -> Result<(), ServersError> {
        self.nodes[index].signal(Signal::STOP).map_err(system("stop a server"))
    }

    /// Lets one of them go on that was [paused](Self::pause).
    ///
    /// # Errors
    ///
    /// [`ServersError::System`].
    pub fn resume(&self, index: usize) -> Result<(), ServersError> {
        self.nodes[index].signal(Signal::CONT).map_err(system("let a server go on"))
    }

    fn launch(&mut self, index: usize) -> Result<(), ServersError> {
        self.nodes[index].start(&self.program).map_err(system("start a server"))
    }

    fn wait(&mut self, index: usize) -> Result<(), ServersError> {
        let node = &mut self.nodes[index];
        match node.wait(Instant::now() + PATIENCE).map_err(system("wait for a server"))? {
            true => Ok(()),
            false => {
                Err(ServersError::Start { name: node.name.clone(), said: node.last_words() })
            }
        }
    }
}
