//! One server.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// One server: its files, its ports, and its process while it has one.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) port: u16,
    config: PathBuf,
    log: PathBuf,
    process: Option<Child>,
}

/// Finds ports that nobody has.
pub(super) fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let listen = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // All at once, so that they differ.
    let listeners = (0..count).map(listen).collect::<io::Result<Vec<_>>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

impl Node {
    /// Writes down how the server is configured.
    pub(super) fn new(
        directory: &Path,
        name: String,
        port: u16,
        config: &str,
    ) -> io::Result<Self> {
        let own = directory.join(&name);
        fs::create_dir_all(&own)?;
        let file = own.join("server.conf");
        fs::write(&file, config)?;
        Ok(Self { name, port, config: file, log: own.join("server.log"), process: None })
    }

    pub(super) fn start(&mut self, program: &Path) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let process = Command::new(program)
            .arg("--config")
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.process = Some(process);
        Ok(())
    }

    /// Waits until it takes connections. Returns whether it does.
    pub(super) fn wait(&mut self, until: Instant) -> io::Result<bool> {
        loop {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(true);
            }
            let dead = match &mut self.process {
                Some(process) => process.try_wait()?.is_some(),
                None => true,
            };
            if dead || Instant::now() >= until {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it has said last.
    pub(super) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    pub(super) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(process) = &self.process else {
            return Ok(());
        };
        let process = Pid::from_raw(process.id() as i32).expect("a process has a number");
        Ok(kill_process(process, signal)?)
    }

    /// Kills it, as the loss of power to its process would; its files stay.
    pub(super) fn kill(&mut self) -> io::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = self.kill();
    }
}
